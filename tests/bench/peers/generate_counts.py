"""Seeded counts of a cohort for the benches: python generate_counts.py FOLDER --cells N [--genes N] [--depth N] [--samples]

Four patients before and after, fourteen planted types, an effect of each patient on every gene. Writes FOLDER/counts.h5ad (CSR, gzip, as anndata writes it; obs:
sample_id, patient_id, timepoint, planted_type) and with --samples the same cells as FOLDER/<sample_id>.h5ad, which a run takes.
"""
import argparse
import json
from pathlib import Path

import anndata
import numpy
import pandas
from scipy import sparse

N_TYPES, PATIENTS, TIMEPOINTS, BLOCK = 14, ("P1", "P2", "P3", "P4"), ("before", "after"), 500


def gene_names(n_genes):
    sets = Path(__file__).resolve().parents[3] / "configs/signatures/signatures.gmt"
    known = [f"MT-{name}" for name in ("ND1", "ND2", "ND3", "ND4", "CO1", "CO2", "CO3", "ATP6", "CYB")]
    for line in sets.read_text().splitlines():
        known += [gene.rstrip("+-") for gene in line.split("\t")[2:]]
    known = list(dict.fromkeys(known))[:n_genes]
    return known + [f"GENE{k:05d}" for k in range(n_genes - len(known))]


def profiles(random, n_genes):
    """Types x genes. A type has one gene in 25 of its own; a few genes have much, most have little."""
    base = numpy.exp(1.85 * random.standard_normal(n_genes))
    base[:9] = numpy.quantile(base, 0.99)
    types = numpy.tile(base, (N_TYPES, 1))
    for row in types:
        own = random.choice(n_genes, n_genes // 25, replace=False)
        row[own] *= numpy.exp(1.2 + 0.6 * random.standard_normal(len(own)))
    return types


def sample_counts(random, mean, kinds, depth):
    """Poisson counts of cells of the given types and depths, some hundred at a time."""
    share = mean / mean.sum(axis=1, keepdims=True)
    parts = []
    for first in range(0, len(kinds), BLOCK):
        cells = slice(first, first + BLOCK)
        parts.append(sparse.csr_matrix(random.poisson(share[kinds[cells]] * depth[cells, None]).astype(numpy.float32)))
    return sparse.vstack(parts, format="csr")


def barcode(number):
    return "".join("ACGT"[(number >> (2 * place)) & 3] for place in range(15, -1, -1)) + "-1"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cells", type=int, required=True)
    parser.add_argument("--genes", type=int, default=20_000)
    parser.add_argument("--depth", type=int, default=5000)
    parser.add_argument("--samples", action="store_true")
    asked = parser.parse_args()
    random = numpy.random.default_rng(1)
    types = profiles(random, asked.genes)
    shares = random.dirichlet(numpy.linspace(12, 1.5, N_TYPES))
    names = pandas.DataFrame({"gene_ids": [f"ENSG9{k:010d}" for k in range(asked.genes)]}, index=gene_names(asked.genes))
    per_sample = asked.cells // (len(PATIENTS) * len(TIMEPOINTS))
    matrices, frames = [], []
    for patient in PATIENTS:
        of_patient = types * numpy.exp(0.15 * random.standard_normal(asked.genes))
        for timepoint in TIMEPOINTS:
            kinds = random.choice(N_TYPES, per_sample, p=shares)
            depth = asked.depth * numpy.exp(0.35 * random.standard_normal(per_sample)) * (1.05 if timepoint == "before" else 0.95)
            matrices.append(sample_counts(random, of_patient, kinds, depth))
            sample = f"{patient}-{timepoint}"
            index = [f"{sample}_{barcode(number)}" for number in numpy.unique(random.integers(4**16, size=2 * per_sample))[:per_sample]]
            frames.append(pandas.DataFrame({"sample_id": sample, "patient_id": patient, "timepoint": timepoint, "planted_type": [f"type{kind:02d}" for kind in kinds]}, index=index))
    asked.folder.mkdir(parents=True, exist_ok=True)
    counts = sparse.vstack(matrices, format="csr")
    anndata.AnnData(counts, obs=pandas.concat(frames), var=names).write_h5ad(asked.folder / "counts.h5ad", compression="gzip")
    if asked.samples:
        for matrix, frame in zip(matrices, frames, strict=True):
            own = frame.set_axis([name.split("_")[1] for name in frame.index])
            anndata.AnnData(matrix, obs=own, var=names).write_h5ad(asked.folder / f"{frame['sample_id'].iloc[0]}.h5ad", compression="gzip")
    print(json.dumps({"cells": counts.shape[0], "genes": counts.shape[1], "stored": int(counts.nnz), "bytes": (asked.folder / "counts.h5ad").stat().st_size}))


if __name__ == "__main__":
    main()
