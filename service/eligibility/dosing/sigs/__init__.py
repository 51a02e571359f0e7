"""Text sigs: a dosage instruction in free text, read by a documented grammar, or refused with the reason why."""
