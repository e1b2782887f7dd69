"""Admission policies of Kubernetes, judged without a cluster, and Kyverno's kinds."""

from bot.policy.admission.judge import judge_admission

__all__ = ["judge_admission"]
