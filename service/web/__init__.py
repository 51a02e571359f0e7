"""HTTP: Flask blueprints, each made for the catalog that it answers from; errors, headers, the server."""
