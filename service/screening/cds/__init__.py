"""CDS Hooks: what to say while somebody looks at a chart or signs an order; mostly nothing."""
