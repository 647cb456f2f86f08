"""Window functions for Ibis on Polars, which translates every other expression used here but these.

Registered when a Polars warehouse is opened, so that a question has one definition on every engine.
"""

# Neither Ibis nor its translation table ships types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false, reportMissingTypeArgument=false

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import ibis.expr.operations as ops
import polars as pl
from ibis.backends.polars.compiler import translate
from ibis.common.exceptions import OperationNotDefinedError

_RUNNING: dict[type, Callable[[pl.Expr], pl.Expr]] = {
    ops.Sum: lambda values: pl.when(values.cum_count() > 0).then(values.fill_null(0).cum_sum()),
    ops.Count: lambda values: values.cum_count().cast(pl.Int64),
    ops.Max: lambda values: values.cum_max().forward_fill(),
    ops.Min: lambda values: values.cum_min().forward_fill(),
}


@cache
def teach_windows() -> None:
    """Teach Ibis's Polars backend the window functions that steps and journeys are made of."""
    cast("Any", translate).register(ops.WindowFunction)(_over)


def _over(op: Any, **kw: Any) -> pl.Expr:  # noqa: ANN401 - a node of Ibis
    values = _values(op, **kw)
    groups = [translate(key, **kw) for key in op.group_by]
    descending = {key.descending for key in op.order_by}
    if len(descending) > 1:
        msg = f"a window of one direction was expected on Polars, not {op.order_by!r}"
        raise OperationNotDefinedError(msg)
    order = [translate(key.arg, **kw) for key in op.order_by] or None
    # Without a group the whole table is one.
    return values.over(groups or pl.lit(1), order_by=order, descending=True in descending, nulls_last=True)


def _values(op: Any, **kw: Any) -> pl.Expr:  # noqa: ANN401 - a node of Ibis
    func = op.func
    if isinstance(func, ops.RowNumber):
        return pl.int_range(pl.len(), dtype=pl.Int64)
    if isinstance(func, ops.Lag | ops.Lead):
        return translate(func.arg, **kw).shift(_rows_back(func))
    if op.start is None and op.end is None:
        return translate(func, **kw)
    return _running(op, **kw)


def _rows_back(func: Any) -> int:  # noqa: ANN401 - a node of Ibis
    if func.default is not None:
        msg = "a shift without a default was expected on Polars"
        raise OperationNotDefinedError(msg)
    n_rows = 1 if func.offset is None else int(func.offset.value)
    return n_rows if isinstance(func, ops.Lag) else -n_rows


def _running(op: Any, **kw: Any) -> pl.Expr:  # noqa: ANN401 - a node of Ibis
    """Return a figure over all rows up to this one; no other frame is used."""
    func = op.func
    to_here = op.start is None and op.end is not None and op.end.value.value == 0
    running = _RUNNING.get(type(func))
    if not to_here or running is None or op.how != "rows":
        msg = f"a figure over all rows or up to the row itself was expected on Polars, not {op!r}"
        raise OperationNotDefinedError(msg)
    values = translate(func.arg, **kw)
    return running(values if func.where is None else pl.when(translate(func.where, **kw)).then(values))
