"""Metrics as Prometheus text. The only module that needs ``prometheus_client``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from banward.printable import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client.metrics_core import Metric as Family

    from banward.metrics.families import Metric

__all__ = ["text"]


def text(metrics: Sequence[Metric], values: dict[str, Any]) -> str:
    """Metrics in Prometheus' text format.

    Args:
        metrics: the rows that are wanted.
        values: the answer to ``get banward metrics``.
    """
    return generate_latest(_Collected(metrics, values)).decode()


class _Collected(Collector):
    """What ``prometheus_client`` asks for families."""

    def __init__(self, metrics: Sequence[Metric], values: dict[str, Any]) -> None:
        self._metrics = metrics
        self._values = values

    def collect(self) -> Iterable[Family]:
        return map(self._family, self._metrics)

    def _family(self, metric: Metric) -> Family:
        kind = CounterMetricFamily if metric.is_counter else GaugeMetricFamily
        family = kind(metric.name, metric.help, labels=metric.labels)
        for labels, value in metric.samples(self._values):
            family.add_metric(list(map(_label, labels)), value)
        return family


def _label(value: str) -> str:
    """The value of a label: one line of what prints, and never the same for two texts."""
    return harmless(value.replace("\\", "\\\\"))
