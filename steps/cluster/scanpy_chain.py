"""Counts of all samples -> components, neighbours, clusters, UMAP and marker effect sizes, by scanpy. Every seed is fixed and
neighbours are exact, so that the same machine gives the same bytes on every run."""
import inspect
import warnings
from dataclasses import dataclass

import anndata
import numpy as np
import pandas
import scanpy as sc
from marker_effects import marker_effects
from scipy.sparse import csr_matrix
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

SEED = 0


@dataclass(frozen=True)
class Chain:
    """`clusters`: 0..n-1, largest cluster first, ties by the first cell. `neighbors`: cells x k, nearest first, without the cell itself."""

    components: np.ndarray
    neighbors: np.ndarray
    clusters: np.ndarray
    umap: np.ndarray
    markers: dict | None


def cluster_cells(cells, params, threads, never_variable=(), is_excluded=lambda symbol: False):
    """`cells.counts`: cells x genes, raw. `never_variable`: names, symbols or ids of genes; `is_excluded`: the same by symbol. `n_pcs` and `n_neighbors` are lowered where there are fewer cells. None where the cells of
    no sample differ."""
    samples = np.unique(cells.sample_ids, return_inverse=True)[1]
    data = anndata.AnnData(cells.counts)
    data.obs["sample"] = pandas.Categorical(samples)
    normalize(data, samples)
    chosen = variable_genes(data, samples, params["n_hvgs"], may_vary(cells, never_variable, is_excluded))
    if not chosen.any():
        return None
    components = components_of(data.X[:, chosen].toarray(), samples, params, threads)
    n_neighbors = min(params["n_neighbors"], data.n_obs - 1)
    neighbors = ExactNeighbors(n_neighbors, threads)
    data.obsm["X_pca"] = components
    sc.pp.neighbors(data, use_rep="X_pca", transformer=neighbors, random_state=SEED)
    sc.tl.leiden(data, resolution=params["resolution"], flavor="igraph", n_iterations=2, directed=False, random_state=SEED)
    clusters = by_size(data.obs["leiden"].cat.codes.to_numpy())
    with warnings.catch_warnings():
        # A fixed seed means one thread: that is what is wanted.
        warnings.filterwarnings("ignore", message="n_jobs value")
        sc.tl.umap(data, maxiter=params["umap_epochs"], random_state=SEED)
    return Chain(
        components=components,
        neighbors=neighbors.found,
        clusters=clusters,
        umap=data.obsm["X_umap"],
        markers=marker_effects(data.X, clusters, samples, threads) if clusters.max() > 0 else None,
    )


def normalize(data, samples):
    """log2(normalised count + 1), cells scaled to the mean count of the sample that has the lowest: what scran's centred size
    factors do, so that a fold change means the same in both tools."""
    totals = np.asarray(data.X.sum(axis=1, dtype=np.float64)).ravel()
    sc.pp.normalize_total(data, target_sum=(np.bincount(samples, totals) / np.bincount(samples)).min())
    sc.pp.log1p(data, base=2)


def may_vary(cells, never_variable, is_excluded):
    names = zip(cells.gene_names, cells.gene_symbols, cells.gene_ids)
    return np.array([not set(never_variable).intersection(own) and not is_excluded(own[1]) for own in names], dtype=bool)


def variable_genes(data, samples, n_genes, allowed):
    """Which of the allowed genes vary most within samples. A sample of equal cells (or of one) says nothing of that, and scanpy would end on it."""
    varied = [sample for sample in range(samples.max() + 1) if varies(data.X[samples == sample])]
    if not varied:
        return np.zeros(data.n_vars, dtype=bool)
    part = data[np.isin(samples, varied)][:, allowed].copy()
    found = sc.pp.highly_variable_genes(part, n_top_genes=min(n_genes, part.n_vars), batch_key="sample", inplace=False)
    chosen = np.zeros(data.n_vars, dtype=bool)
    chosen[allowed] = found.loc[part.var_names, "highly_variable"].to_numpy(dtype=bool)
    return chosen


def varies(values):
    return (values.max(axis=0) != values.min(axis=0)).nnz > 0


def components_of(values, samples, params, threads):
    if params["batch"] == "regress":
        values -= sample_means(values, samples)[samples]
    n_pcs = min(params["n_pcs"], len(values) - 1, values.shape[1])
    chosen = anndata.AnnData(values)
    sc.pp.pca(chosen, n_comps=n_pcs, svd_solver="arpack" if n_pcs < min(values.shape) else "full", random_state=SEED)
    components = chosen.obsm["X_pca"].astype(np.float32)
    return mix_samples(components, samples, threads) if params["batch"] == "harmony" and samples.max() > 0 else components


def sample_means(values, samples):
    """What a regression on the sample takes away from each gene."""
    return np.stack([values[samples == sample].mean(axis=0, dtype=np.float64) for sample in range(samples.max() + 1)]).astype(np.float32)


def mix_samples(components, samples, threads):
    from harmonypy import run_harmony

    # Harmony's own number of centres, but for a handful of cells, where it would be none.
    n_centres = min(max(round(len(samples) / 30), 1), 100)
    # Before its second version it knew no threads, and gave cells as columns.
    more = {"ncores": threads} if "ncores" in inspect.signature(run_harmony).parameters else {}
    design = pandas.DataFrame({"sample": pandas.Categorical(samples.astype(str))})
    mixed = np.asarray(run_harmony(components.astype(np.float64), design, "sample", nclust=n_centres, verbose=False, random_state=SEED, **more).Z_corr)
    return np.ascontiguousarray(mixed if len(mixed) == len(samples) else mixed.T, dtype=np.float32)


class ExactNeighbors:
    """What scanpy takes for a search of neighbours: `n_neighbors` others of each cell, compared with every other cell.

    scanpy counts the cell itself as its first neighbour."""

    def __init__(self, n_neighbors, threads):
        self.n_neighbors, self.threads = n_neighbors, threads

    def get_params(self):
        return {"n_neighbors": self.n_neighbors + 1}

    def fit_transform(self, points):
        with threadpool_limits(limits=self.threads, user_api="openmp"):
            distances, found = NearestNeighbors(n_neighbors=self.n_neighbors + 1, algorithm="brute").fit(points).kneighbors(points)
        distances, found = self_first(distances, found)
        self.found = found[:, 1:].astype(np.int32)
        return csr_matrix((distances.ravel(), found.ravel(), np.arange(0, found.size + 1, found.shape[1])), shape=(len(points), len(points)))


def self_first(distances, found):
    """Equal cells are at distance 0 too, and may crowd a cell out of its own neighbours. Ties by row."""
    own = np.arange(len(found))[:, None]
    is_own = found == own
    is_crowded_out = ~is_own.any(axis=1)
    found[is_crowded_out, -1] = own[is_crowded_out, 0]
    distances[found == own] = -1
    order = np.lexsort((found, distances), axis=1)
    distances = np.take_along_axis(distances, order, axis=1)
    distances[:, 0] = 0
    return distances, np.take_along_axis(found, order, axis=1)


def by_size(labels):
    """Leiden's labels carry no meaning; by size they at least say something. Ties by the first cell."""
    names, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(names))
    return rank[np.searchsorted(names, labels)]
