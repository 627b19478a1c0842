"""The offset from UTC that the name or number of a zone stands for. Knows no rules of DST."""

from __future__ import annotations

import re

from banward.errors import PatternError
from banward.matching.dates.tokens import ZONE

__all__ = ["offset_of", "zone_option"]

# Hours from UTC, each with the names that mean it (config-and-filters.md 3.7). Names of two letters
# and with small letters stand in that list as well, but no token lets them through.
_NAMES_BY_HOURS = {
    -12: "Y",
    -11: "X NUT SST",
    -10: "W CKT HAST HST TAHT TKT",
    -9.5: "MART MIT",
    -9: "V AKST GAMT GIT HADT HNY",
    -8: "U AKDT CIST HAY HNP PST",
    -7: "T HAP HNR MST PDT",
    -6: "S CST EAST GALT HAR HNC MDT",
    -5: "R CDT COT EASST ECT EST HAC HNE PET",
    -4.5: "HLV VET",
    -4: "Q AST BOT CLT COST EDT FKT GYT HAE HNA PYT",
    -3.5: "HNT NST",
    -3: "P ADT ART BRT CLST FKST GFT HAA PMST PYST SRT UYT WGT",
    -2.5: "HAT NDT",
    -2: "O BRST FNT PMDT UYST WGST",
    -1: "N AZOT CVT EGT",
    0: "Z EGST GMT UTC WET",
    1: "A CET DFT WAT WEDT WEST",
    2: "B CAT CEDT CEST EET SAST WAST",
    3: "C EAT EEDT EEST IDT MSK",
    3.5: "IRST",
    4: "D AMT AZT GET GST KUYT MSD MUT RET SAMT SCT",
    4.5: "AFT IRDT",
    5: "E AMST AQTT AZST HMT MAWT MVT PKT TFT TJT TMT UZT YEKT",
    5.5: "SLT",
    5.75: "NPT",
    6: "F ALMT BIOT BTT IOT KGT NOVT OMST YEKST",
    6.5: "CCT MMT",
    7: "G CXT DAVT HOVT ICT KRAT NOVST OMSST THA WIB",
    8: "H ACT AWST BDT BNT CAST HKT IRKT KRAST MYT PHT SGT ULAT WITA WST",
    9: "I AWDT IRKST JST KST PWT TLT WDT WIT YAKT",
    9.5: "ACST",
    10: "K AEST PGT VLAT YAKST YAPT",
    10.5: "ACDT LHST",
    11: "L AEDT LHDT MAGT NCT PONT SBT VLAST VUT",
    11.5: "NFT",
    12: "M ANAST ANAT FJT GILT MAGST MHT NZST PETST PETT TVT WFT",
    13: "FJST NZDT",
}
_OFFSETS = {
    name: round(hours * 3600) for hours, names in _NAMES_BY_HOURS.items() for name in names.split()
}

_PARTS = re.compile(r"([A-Za-z]*)(?:([+-])(\d\d):?(\d\d)?)?")
_OPTION = re.compile(ZONE)


def offset_of(text: str) -> int:
    """Seconds east of UTC of a zone as it stands in a line.

    A name and a number after it add up. Names count in capitals only, as upstream reads them, so
    that a word that stands before a date is no zone.

    Raises:
        ValueError: the name is not known.
    """
    parts = _PARTS.fullmatch(text)
    if not parts:
        raise ValueError(text)
    name, sign, hours, minutes = parts.groups()
    named = _OFFSETS.get(name, None if name else 0)
    if named is None:
        raise ValueError(text)
    number = int(hours or 0) * 3600 + int(minutes or 0) * 60
    return named - number if sign == "-" else named + number


def zone_option(text: str) -> int | None:
    """Seconds east of UTC of the option ``logtimezone``; None if it is empty.

    Raises:
        PatternError: it is neither an abbreviation of the list nor an offset, nor both.
    """
    if not text:
        return None
    try:
        if _OPTION.fullmatch(text):
            return offset_of(text)
    except ValueError:
        pass
    raise PatternError(
        f"Unknown or unsupported time zone: {text!r} (expected an abbreviation, an offset or both,"
        " such as UTC, CET, +02:00 or UTC+0200)"
    )
