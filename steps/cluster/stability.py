"""What a resolution rests on: cells are drawn again and again, clustered anew at each resolution, and compared with the clusters of all. What stability.ts
does with scran; draws and graph are numpy's and scanpy's own, so that the numbers are like its numbers, not the same."""
import anndata
import numpy as np

COLUMNS = ("resolution", "chosen", "n_cells", "n_drawn", "n_draws", "n_clusters", "n_clusters_lower", "n_clusters_upper", "ari", "ari_lower", "ari_upper", "missing")
# Of more cells a seeded selection stands for all, so that the time is bounded.
MOST_CELLS = 3000
DRAWN_SHARE = 0.8
LEAST_DRAWN = 10


def resolutions_of(params):
    return sorted({float(value) for value in [*params["stability_resolutions"], params["resolution"]]})


def unswept(params, missing):
    return [{"resolution": value, "chosen": value == params["resolution"], "n_draws": 0, "missing": missing} for value in resolutions_of(params)]


def sweep_resolutions(components, params, threads, seed):
    """A row a resolution, ascending."""
    n_all = len(components)
    cells = np.arange(n_all) if n_all <= MOST_CELLS else _draw(n_all, MOST_CELLS, [seed, 0])
    n_drawn = int(DRAWN_SHARE * len(cells))
    if n_drawn < LEAST_DRAWN:
        return unswept(params, f"{len(cells)} cells are too few to draw from")
    whole = _cluster_at(components[cells], params, threads)
    draws = []
    for k in range(params["stability_draws"]):
        places = _draw(len(cells), n_drawn, [seed, k + 1])
        draws.append([(adjusted_rand_index(labels, of_all[places]), len(set(labels))) for labels, of_all in zip(_cluster_at(components[cells[places]], params, threads), whole)])
    rows = []
    for at, resolution in enumerate(resolutions_of(params)):
        aris, counts = zip(*(one[at] for one in draws))
        rows.append({
            "resolution": resolution, "chosen": resolution == params["resolution"], "n_cells": len(cells), "n_drawn": n_drawn, "n_draws": len(draws), "n_clusters": len(set(whole[at])),
            "n_clusters_lower": min(counts), "n_clusters_upper": max(counts), "ari": float(np.mean(aris)), "ari_lower": min(aris), "ari_upper": max(aris),
        })
    return rows


def _cluster_at(points, params, threads):
    import scanpy as sc
    from scanpy_chain import SEED, ExactNeighbors

    data = anndata.AnnData(np.zeros((len(points), 1), dtype=np.float32))
    data.obsm["X_pca"] = points
    sc.pp.neighbors(data, use_rep="X_pca", transformer=ExactNeighbors(min(params["n_neighbors"], len(points) - 1), threads), random_state=SEED)
    labels = []
    for resolution in resolutions_of(params):
        sc.tl.leiden(data, resolution=resolution, flavor="igraph", n_iterations=2, directed=False, random_state=SEED)
        labels.append(data.obs["leiden"].cat.codes.to_numpy())
    return labels


def _draw(n_all, n, seed):
    return np.sort(np.random.default_rng(seed).choice(n_all, n, replace=False))


def adjusted_rand_index(a, b):
    """As pipeline/analysis/adjusted-rand.ts has it (Hubert and Arabie 1985)."""

    def pairs(counts):
        return int((counts * (counts - 1) // 2).sum())

    together, in_a, in_b = (pairs(np.unique(labels, axis=0, return_counts=True)[1].astype(np.int64)) for labels in (np.stack([a, b], axis=1), a, b))
    every = len(a) * (len(a) - 1) // 2
    expected, most = (in_a * in_b / every if every else 0), (in_a + in_b) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)
