"""Benchmarks and indicators with their wordings, reports, and the dated values and judgements about them."""

from .assessments import Assessment, ClassOverride, Disagreement, ReadinessClass
from .benchmarks import Benchmark, CarryOver, DependenceReview, DependsOn, GovernmentPosition, Lineage, Wording
from .indicators import Definition, Indicator, Target
from .measurements import Measurement
from .reports import DisplayCode, Report, RollUp
from .terms import BenchmarkTerms, IndicatorTerms, Terms

__all__ = [
    "Assessment", "Benchmark", "BenchmarkTerms", "CarryOver", "ClassOverride", "Definition", "DependenceReview",
    "DependsOn", "Disagreement", "DisplayCode", "GovernmentPosition", "Indicator", "IndicatorTerms", "Lineage",
    "Measurement", "ReadinessClass", "Report", "RollUp", "Target", "Terms", "Wording",
]  # fmt: skip
