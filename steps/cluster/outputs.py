"""embedding.h5ad, markers.tsv and cluster_stability.tsv, with the columns, types and rules of run.ts."""
import math
import os
import uuid
from contextlib import contextmanager

import h5py
import numpy as np
from stability import COLUMNS as STABILITY
from step_job import library_version

EFFECTS = ("cohens_d", "auc", "log2_fold_change", "fraction_in", "fraction_out")
LIBRARIES = ("anndata", "igraph", "numba", "numpy", "scanpy", "scikit-learn", "scipy", "umap-learn")
CHUNK_LENGTH = 1 << 16


def write_embedding(path, cells, chain, batch):
    """`chain` is None where there are too few cells: one cluster, no embedding."""
    clusters = [0] * len(cells.cell_ids) if chain is None else chain.clusters
    matrices = {} if chain is None else {"X_pca": chain.components, "X_umap": chain.umap, "neighbors": chain.neighbors}
    with whole_or_not_at_all(path) as partial, h5py.File(partial, "w", libver=("earliest", "v110")) as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        write_frame(file, "obs", cells.cell_ids, {"sample_id": cells.sample_ids, "cluster": [str(cluster + 1) for cluster in clusters]})
        write_frame(file, "var", [], {})
        for name in ("layers", "obsm", "obsp", "varm", "varp", "uns", "uns/tools"):
            file.create_group(name).attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})
        for name, values in matrices.items():
            write_matrix(file, f"obsm/{name}", values)
        for name in LIBRARIES + (("harmonypy",) if batch == "harmony" else ()):
            written = file.create_dataset(f"uns/tools/{name}", data=library_version(name), dtype=h5py.string_dtype(), track_times=False)
            written.attrs.update({"encoding-type": "string", "encoding-version": "0.2.0"})


def write_frame(file, name, index, columns):
    frame = file.create_group(name)
    order = list(columns) if columns else np.empty(0)
    frame.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index", "column-order": order})
    for column, values in {"_index": index, **columns}.items():
        # The library stamps a dataset with the time of its making unless it is told not to.
        written = frame.create_dataset(column, data=values, shape=(len(values),), dtype=h5py.string_dtype(), track_times=False)
        written.attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})


def write_matrix(file, name, values):
    n_columns = values.shape[1]
    stored = {"chunks": (max(1, CHUNK_LENGTH // n_columns), n_columns), "compression": "gzip", "compression_opts": 1} if values.size > CHUNK_LENGTH else {}
    written = file.create_dataset(name, data=values, track_times=False, **stored)
    written.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


def write_markers(path, cells, markers, n_markers):
    """The best genes of each cluster. Rank 1 has the largest AUC; ties by Cohen's d, then by the order of genes."""
    lines = [("cluster", "gene_id", "gene_symbol", *EFFECTS, "rank", "missing")]
    for cluster in range(0 if markers is None else len(markers["cohens_d"])):
        # A cluster that never shares a sample with another has no effect to rank by.
        auc, d = (np.nan_to_num(markers[effect][cluster], nan=-np.inf, posinf=np.inf, neginf=-np.inf) for effect in ("auc", "cohens_d"))
        best = np.lexsort((np.arange(len(auc)), -d, -auc))[:n_markers]
        for at, gene in enumerate(best):
            values = [float(markers[effect][cluster, gene]) for effect in EFFECTS]
            lines.append((str(cluster + 1), cells.gene_ids[gene], cells.gene_symbols[gene], *map(number_text, values), str(at + 1), absence(values)))
    with whole_or_not_at_all(path) as partial, open(partial, "w", encoding="utf-8", newline="") as file:
        file.writelines("\t".join(map(quoted, line)) + "\n" for line in lines)


def write_stability(path, rows):
    def cell(value):
        if value is None:
            return ""
        return str(value).lower() if isinstance(value, bool) else number_text(value) if isinstance(value, float) else str(value)

    lines = [STABILITY, *([cell(row.get(column)) for column in STABILITY] for row in rows)]
    with whole_or_not_at_all(path) as partial, open(partial, "w", encoding="utf-8", newline="") as file:
        file.writelines("\t".join(map(quoted, line)) + "\n" for line in lines)


def absence(values):
    def named(is_so):
        return ", ".join(effect for effect, value in zip(EFFECTS, values) if is_so(value))

    reasons = ((named(math.isnan), "no sample holds two cells of this and of another cluster"), (named(math.isinf), "infinite, as the gene varies in neither of two clusters"))
    return "; ".join(f"{effects}: {reason}" for effects, reason in reasons if effects)


def number_text(value):
    """Ten significant digits, written as JavaScript writes a number; empty where there is none."""
    if not math.isfinite(value):
        return ""
    rounded = float(f"{value:.9e}")
    if rounded == 0 or abs(rounded) >= 1e-6:
        return np.format_float_positional(rounded + 0.0, trim="-")
    return np.format_float_scientific(rounded, trim="-", exp_digits=1)


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if any(letter in text for letter in '"\t\r\n') else text


@contextmanager
def whole_or_not_at_all(path):
    partial = f"{path}.{uuid.uuid4()}.partial"
    try:
        yield partial
        os.replace(partial, path)
    finally:
        if os.path.exists(partial):
            os.remove(partial)
