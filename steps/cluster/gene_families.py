"""Families of genes that are never among the highly variable ones: the patterns of pipeline/analysis/gene-families.ts."""
import re

GENE_FAMILIES = {
    "receptor": re.compile(r"^(TR[ABDG]V|IG[HKL]V|(TR[ABDG]|IG[HKL])[DJ][0-9])", re.IGNORECASE | re.ASCII),
    "ribosomal": re.compile(r"^RP(S(A|[0-9]+[AXYL]?[0-9]?)|L(P[012]|[0-9]+[AXL]?[0-9]?))\Z", re.IGNORECASE | re.ASCII),
    "mitochondrial": re.compile(r"^MT-", re.IGNORECASE | re.ASCII),
}


def is_of_family(symbol, families):
    return any(GENE_FAMILIES[family].search(symbol) for family in families)
