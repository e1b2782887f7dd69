"""CEL as Kubernetes has it: compile once, evaluate many times, and never take an error for a yes."""

from bot.policy.cel.expression import Expression, compile_expression
from bot.policy.cel.faults import Beyond, CelFault, CelProblem, Unavailable
from bot.policy.cel.variables import Variables

__all__ = ["Beyond", "CelFault", "CelProblem", "Expression", "Unavailable", "Variables", "compile_expression"]
