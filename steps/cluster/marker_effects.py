"""Effect sizes of every gene in every cluster, as scran's scoreMarkers defines them: cluster against cluster within each sample, the
weighted mean over samples, the mean over the other clusters. scanpy's own tests compare a cluster with all other cells at once."""
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

# A sample counts by its cells up to this many, as in scran.
FULL_WEIGHT_CELLS = 1000


def marker_effects(values, clusters, samples, threads):
    """`values`: cells x genes, log2(normalised count + 1), sparse, none negative. Each effect: clusters x genes; NaN where no sample
    holds two cells of the cluster and of another. A cluster does not count in a sample where it has a single cell: that has no
    variance, and beside a cluster that lacks the gene its Cohen's d would be infinite."""
    columns = values.tocsc()
    n_clusters, n_samples, n_genes = clusters.max() + 1, samples.max() + 1, values.shape[1]
    sizes = np.bincount(clusters * n_samples + samples, minlength=n_clusters * n_samples).reshape(n_clusters, n_samples)
    weights = np.where(sizes > 1, np.minimum(sizes / FULL_WEIGHT_CELLS, 1.0), 0.0)
    effects = np.empty((5, n_clusters, n_genes))
    bounds = np.linspace(0, n_genes, 4 * threads + 1).astype(np.int64)

    def score(part):
        _score_genes(columns.indptr, columns.indices, columns.data, clusters, samples, sizes, weights, effects, bounds[part], bounds[part + 1])

    # Each gene is computed alone: the number of threads changes nothing.
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(score, range(len(bounds) - 1)))
    return dict(zip(("cohens_d", "auc", "log2_fold_change", "fraction_in", "fraction_out"), effects))


@njit(nogil=True)
def _score_genes(indptr, indices, data, clusters, samples, sizes, weights, effects, start, end):
    n_clusters, n_samples = sizes.shape
    for gene in range(start, end):
        cells, found = indices[indptr[gene]:indptr[gene + 1]], data[indptr[gene]:indptr[gene + 1]]
        means, variances, detected = _moments(cells, found, clusters, samples, sizes)
        wins = _wins(cells, found, clusters, samples, sizes, detected)
        shares = detected / np.maximum(sizes, 1)
        for one in range(n_clusters):
            sums, n_others = np.zeros(4), 0
            for other in range(n_clusters):
                pair, total = np.zeros(4), 0.0
                for sample in range(n_samples):
                    weight = weights[one, sample] * weights[other, sample]
                    if other == one or weight == 0:
                        continue
                    total += weight
                    difference = means[one, sample] - means[other, sample]
                    pair[0] += weight * _cohens_d(difference, (variances[one, sample] + variances[other, sample]) / 2)
                    pair[1] += weight * wins[sample, one, other] / (sizes[one, sample] * sizes[other, sample])
                    pair[2] += weight * difference
                    pair[3] += weight * (shares[one, sample] - shares[other, sample])
                if total > 0:
                    sums += pair / total
                    n_others += 1
            counted = np.sum(weights[one])
            fraction_in = np.sum(weights[one] * shares[one]) / counted if counted > 0 else np.nan
            sums = sums / n_others if n_others > 0 else np.full(4, np.nan)
            effects[0, one, gene], effects[1, one, gene], effects[2, one, gene] = sums[0], sums[1], sums[2]
            effects[3, one, gene], effects[4, one, gene] = fraction_in, fraction_in - sums[3]


@njit(nogil=True)
def _moments(cells, found, clusters, samples, sizes):
    """Mean, variance and number of expressing cells, clusters x samples."""
    means, variances, detected = np.zeros(sizes.shape), np.zeros(sizes.shape), np.zeros(sizes.shape, dtype=np.int64)
    for cell, value in zip(cells, found):
        means[clusters[cell], samples[cell]] += value
        detected[clusters[cell], samples[cell]] += value > 0
    means /= np.maximum(sizes, 1)
    for cell, value in zip(cells, found):
        if value > 0:
            variances[clusters[cell], samples[cell]] += (value - means[clusters[cell], samples[cell]]) ** 2
    variances = (variances + (sizes - detected) * means**2) / np.maximum(sizes - 1, 1)
    return means, variances, detected


@njit(nogil=True)
def _wins(cells, found, clusters, samples, sizes, detected):
    """Pairs of a cell of one cluster and a cell of another in the same sample in which the first has more; ties are halves
    (Mann and Whitney's U). samples x clusters x clusters."""
    n_clusters, n_samples = sizes.shape
    wins = np.zeros((n_samples, n_clusters, n_clusters))
    below, equal = np.zeros((n_samples, n_clusters)), np.zeros((n_samples, n_clusters))
    for sample in range(n_samples):
        below[sample] = sizes[:, sample] - detected[:, sample]
        for one in range(n_clusters):
            wins[sample, one] += below[sample, one] * below[sample] / 2
    order = np.argsort(found)
    at = 0
    while at < len(order):
        after = at
        while after < len(order) and found[order[after]] == found[order[at]]:
            after += 1
        if found[order[at]] > 0:
            for k in order[at:after]:
                equal[samples[cells[k]], clusters[cells[k]]] += 1
            for k in order[at:after]:
                sample, one = samples[cells[k]], clusters[cells[k]]
                wins[sample, one] += below[sample] + equal[sample] / 2
            for k in order[at:after]:
                sample, one = samples[cells[k]], clusters[cells[k]]
                below[sample, one] += 1
                equal[sample, one] = 0
        at = after
    return wins


@njit(nogil=True)
def _cohens_d(difference, variance):
    if variance > 0:
        return difference / np.sqrt(variance)
    return 0.0 if difference == 0 else np.inf if difference > 0 else -np.inf
