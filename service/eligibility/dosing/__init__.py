"""The dose engine: instructions, strengths and supplies become the daily dose as a step function of days. SEMANTICS §6."""
