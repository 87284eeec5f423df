# What anndata finds in an h5ad, as JSON for the tests: `anndata-words.py FILE...` prints one list. With OTHER after `=` it also writes the file
# again, as anndata does: `FILE=OTHER`.
import json
import sys
import warnings

import anndata
import numpy
import pandas
import scipy.sparse

warnings.simplefilter("ignore")


def plain(value):
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)) and numpy.ndim(value) > 0:
        return [plain(one) for one in value]
    if value is None or pandas.isna(value):
        return None
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (int, float, numpy.number)):
        return float(value)
    return str(value)


def matrix(value):
    dense = value.toarray() if scipy.sparse.issparse(value) else numpy.asarray(value)
    return {"dtype": str(value.dtype), "isSparse": bool(scipy.sparse.issparse(value)), "values": plain(dense)}


def column(series):
    if isinstance(series.dtype, pandas.CategoricalDtype):
        return {"kind": "categorical", "ordered": bool(series.cat.ordered), "categories": plain(list(series.cat.categories)), "values": plain(list(series))}
    return {"kind": str(series.dtype), "values": plain(list(series))}


def frame(table):
    return {"index": plain(list(table.index)), "columns": {name: column(table[name]) for name in table.columns}}


def words(path, again):
    data = anndata.read_h5ad(path)
    found = {
        "X": None if data.X is None else matrix(data.X),
        "layers": {name: matrix(layer) for name, layer in data.layers.items() if name is not None},
        "obs": frame(data.obs), "var": frame(data.var),
        "obsm": {name: matrix(element) for name, element in data.obsm.items()},
        "uns": plain(dict(data.uns)),
    }
    if again:
        data.write_h5ad(again, compression="gzip")
    return found


print(json.dumps([words(*(argument.split("=") + [None])[:2]) for argument in sys.argv[1:]]))
