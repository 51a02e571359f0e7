"""The dose engine: from instructions, strengths and supplies to a daily dose, a step function of days. SEMANTICS §6."""
