"""A small evaluator for formulas in configurations: arithmetic, never code.

Users write expressions for times (``2*1h``) and for the growth of ban times
(``ban.Time * math.exp(float(ban.Count)*banFactor)``). What is understood: numbers, the operators
of arithmetic and comparison, ``x if y else z``, the functions below, and given names. Everything
else is refused, and so is what would take long (powers and shifts are bounded).
"""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ExpressionError", "Number", "evaluate"]

Number = int | float

_LONGEST: Final = 1000
_MOST_BITS: Final = 256
_MOST_DIGITS: Final = 100


class ExpressionError(ValueError):
    """An expression that can't be understood or computed; the text says what and where."""


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int):
        if exponent > 0 and base.bit_length() * exponent > _MOST_BITS:
            raise OverflowError("the result is too large")
        return base**exponent if exponent >= 0 else float(base) ** exponent
    result = base**exponent
    if isinstance(result, complex):
        raise TypeError("the result is not a real number")
    return float(result)


def _round(value: Number, digits: Number = 0) -> Number:
    if not isinstance(digits, int) or not -_MOST_DIGITS <= digits <= _MOST_DIGITS:
        raise TypeError(f"expected a whole number of digits up to {_MOST_DIGITS}")
    return round(value, digits) if digits else round(value)


def _shift(value: Number, bits: Number) -> Number:
    if not isinstance(value, int) or not isinstance(bits, int):
        raise TypeError("only integers can be shifted")
    if value.bit_length() + bits > _MOST_BITS:
        raise OverflowError("the result is too large")
    return value << bits


_BINARY: Final[dict[type, Callable[[Number, Number], Number]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.LShift: _shift,
}
_UNARY: Final[dict[type, Callable[[Number], Number]]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARE: Final[dict[type, Callable[[Number, Number], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
# Those of the module that take numbers, give one, and take no time (no factorial, comb, perm).
_MATH: Final = (
    "acos asin atan atan2 ceil copysign cos cosh degrees exp exp2 expm1 fabs floor fmod hypot "
    "log log10 log1p log2 radians sin sinh sqrt tan tanh trunc"
)
_FUNCTIONS: Final[dict[str, Callable[..., Number]]] = {
    "abs": abs,
    "float": float,
    "int": int,
    "max": max,
    "min": min,
    "pow": _power,
    "round": _round,
    **{f"math.{name}": getattr(math, name) for name in _MATH.split()},
    "math.pow": _power,
}
# The parser says that it was nested too deep with either of these, depending on the release.
_TOO_DEEP: Final = (RecursionError, MemoryError)
_CONSTANTS: Final = {"math.pi": math.pi, "math.e": math.e, "True": 1, "False": 0}


def evaluate(text: str, names: Mapping[str, Number] | None = None) -> Number:
    """Compute an expression.

    Args:
        text: the expression.
        names: values by name; a name may have a dot (``ban.Time``).

    Raises:
        ExpressionError: it can't be understood or computed, or its value is no finite number.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"expected at most {_LONGEST} characters, found {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        value = _value(tree.body, {**_CONSTANTS, **(names or {})})
    except (SyntaxError, ArithmeticError, TypeError, ValueError, *_TOO_DEEP) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(f"can't compute {text!r}: {error}") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError(f"can't compute {text!r}: the result is not finite")
    return value


def _value(node: ast.expr, names: Mapping[str, Number]) -> Number:
    evaluator = _NODES.get(type(node))
    if evaluator is None:
        raise ExpressionError(f"expected arithmetic, found {ast.unparse(node)!r}")
    value = evaluator(node, names)
    if isinstance(value, int) and value.bit_length() > 4 * _MOST_BITS:
        raise OverflowError("the result is too large")
    return value


def _constant(node: ast.Constant, _: Mapping[str, Number]) -> Number:
    if isinstance(node.value, int | float):
        return node.value
    raise ExpressionError(f"expected a number, found {node.value!r}")


def _binary(node: ast.BinOp, names: Mapping[str, Number]) -> Number:
    operation = _BINARY.get(type(node.op))
    if operation is None:
        raise ExpressionError(f"this operator is not known: {ast.unparse(node)!r}")
    return operation(_value(node.left, names), _value(node.right, names))


def _unary(node: ast.UnaryOp, names: Mapping[str, Number]) -> Number:
    operation = _UNARY.get(type(node.op))
    if operation is None:
        raise ExpressionError(f"this operator is not known: {ast.unparse(node)!r}")
    return operation(_value(node.operand, names))


def _choice(node: ast.IfExp, names: Mapping[str, Number]) -> Number:
    return _value(node.body if _value(node.test, names) else node.orelse, names)


def _logic(node: ast.BoolOp, names: Mapping[str, Number]) -> Number:
    value: Number = 0
    for part in node.values:
        value = _value(part, names)
        if bool(value) is isinstance(node.op, ast.Or):
            break
    return value


def _comparison(node: ast.Compare, names: Mapping[str, Number]) -> Number:
    left = _value(node.left, names)
    for operation, following in zip(node.ops, node.comparators, strict=True):
        compare = _COMPARE.get(type(operation))
        if compare is None:
            raise ExpressionError(f"this comparison is not known: {ast.unparse(node)!r}")
        right = _value(following, names)
        if not compare(left, right):
            return False
        left = right
    return True


def _name(node: ast.Name | ast.Attribute, names: Mapping[str, Number]) -> Number:
    name = ast.unparse(node)
    if name not in names:
        raise ExpressionError(f"the name {name!r} is not known")
    return names[name]


def _call(node: ast.Call, names: Mapping[str, Number]) -> Number:
    function = _FUNCTIONS.get(ast.unparse(node.func))
    if function is None or node.keywords:
        raise ExpressionError(f"this function is not known: {ast.unparse(node)!r}")
    return function(*(_value(argument, names) for argument in node.args))


_NODES: Final[dict[type, Callable[..., Number]]] = {
    ast.Constant: _constant,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.IfExp: _choice,
    ast.BoolOp: _logic,
    ast.Compare: _comparison,
    ast.Name: _name,
    ast.Attribute: _name,
    ast.Call: _call,
}
