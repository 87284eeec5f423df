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
    columns.eliminate_zeros()
    n_clusters, n_samples, n_genes = clusters.max() + 1, samples.max() + 1, values.shape[1]
    sizes = np.bincount(clusters * n_samples + samples, minlength=n_clusters * n_samples).reshape(n_clusters, n_samples).astype(np.float64)
    weights = np.where(sizes > 1, np.minimum(sizes / FULL_WEIGHT_CELLS, 1.0), 0.0)
    effects = np.empty((n_genes, n_clusters, 5))

    def score(genes):
        for gene in genes:
            cells, found = (part[columns.indptr[gene]:columns.indptr[gene + 1]] for part in (columns.indices, columns.data))
            order = np.argsort(found, kind="stable")
            cells = cells[order]
            _score_gene(found[order].astype(np.float64), clusters[cells], samples[cells], sizes, weights, effects[gene])

    # Each gene is computed alone: the number of threads changes nothing.
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(score, np.array_split(np.arange(n_genes), 4 * threads)))
    return dict(zip(("cohens_d", "auc", "log2_fold_change", "fraction_in", "fraction_out"), effects.transpose(2, 1, 0)))


# Plain loops throughout: whole-array arithmetic takes numba three times as long to compile.
@njit(nogil=True)
def _score_gene(found, clusters, samples, sizes, weights, effects):
    """`found`: the values that are not 0, ascending, with the cluster and the sample of each."""
    n_clusters, n_samples = sizes.shape
    means, variances, detected = _moments(found, clusters, samples, sizes)
    wins = _wins(found, clusters, samples, sizes, detected)
    for one in range(n_clusters):
        d = auc = fold_change = fraction = n_others = counted = fraction_in = 0.0
        for sample in range(n_samples):
            if weights[one, sample] > 0:
                counted += weights[one, sample]
                fraction_in += weights[one, sample] * detected[one, sample] / sizes[one, sample]
        for other in range(n_clusters):
            pair_d = pair_auc = pair_fold_change = pair_fraction = total = 0.0
            for sample in range(n_samples):
                weight = weights[one, sample] * weights[other, sample]
                if other == one or weight == 0:
                    continue
                total += weight
                difference = means[one, sample] - means[other, sample]
                pair_d += weight * _cohens_d(difference, (variances[one, sample] + variances[other, sample]) / 2)
                pair_auc += weight * wins[sample, one, other] / (sizes[one, sample] * sizes[other, sample])
                pair_fold_change += weight * difference
                pair_fraction += weight * (detected[one, sample] / sizes[one, sample] - detected[other, sample] / sizes[other, sample])
            if total > 0:
                n_others += 1
                d += pair_d / total
                auc += pair_auc / total
                fold_change += pair_fold_change / total
                fraction += pair_fraction / total
        if n_others == 0:
            n_others = np.nan
        effects[one, 0], effects[one, 1], effects[one, 2] = d / n_others, auc / n_others, fold_change / n_others
        effects[one, 3] = fraction_in / counted if counted > 0 else np.nan
        effects[one, 4] = effects[one, 3] - fraction / n_others


@njit(nogil=True)
def _moments(found, clusters, samples, sizes):
    """Mean, variance and number of expressing cells, clusters x samples."""
    means, variances, detected = np.zeros(sizes.shape), np.zeros(sizes.shape), np.zeros(sizes.shape)
    for k in range(len(found)):
        means[clusters[k], samples[k]] += found[k] / sizes[clusters[k], samples[k]]
        detected[clusters[k], samples[k]] += 1
    for k in range(len(found)):
        variances[clusters[k], samples[k]] += (found[k] - means[clusters[k], samples[k]]) ** 2
    for one in range(sizes.shape[0]):
        for sample in range(sizes.shape[1]):
            if sizes[one, sample] > 1:
                n_zero = sizes[one, sample] - detected[one, sample]
                variances[one, sample] = (variances[one, sample] + n_zero * means[one, sample] ** 2) / (sizes[one, sample] - 1)
    return means, variances, detected


@njit(nogil=True)
def _wins(found, clusters, samples, sizes, detected):
    """Pairs of a cell of one cluster and a cell of another in the same sample in which the first has more; ties are halves
    (Mann and Whitney's U). samples x clusters x clusters."""
    n_clusters, n_samples = sizes.shape
    wins = np.zeros((n_samples, n_clusters, n_clusters))
    below, equal = np.zeros((n_samples, n_clusters)), np.zeros((n_samples, n_clusters))
    for sample in range(n_samples):
        for one in range(n_clusters):
            below[sample, one] = sizes[one, sample] - detected[one, sample]
            for other in range(one + 1):
                wins[sample, one, other] = wins[sample, other, one] = below[sample, one] * below[sample, other] / 2
    start = 0
    while start < len(found):
        end = start
        while end < len(found) and found[end] == found[start]:
            equal[samples[end], clusters[end]] += 1
            end += 1
        for k in range(start, end):
            for other in range(n_clusters):
                wins[samples[k], clusters[k], other] += below[samples[k], other] + equal[samples[k], other] / 2
        for k in range(start, end):
            below[samples[k], clusters[k]] += 1
            equal[samples[k], clusters[k]] = 0
        start = end
    return wins


@njit(nogil=True)
def _cohens_d(difference, variance):
    if variance > 0:
        return difference / np.sqrt(variance)
    if difference == 0:
        return 0.0
    return np.inf if difference > 0 else -np.inf
