"""The pages of one patient, without a line of the web: what stands on them, from what is stored or was just read."""
