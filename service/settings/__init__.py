"""What an installation sets: in the environment, and in one file. Checked as a whole when the service starts.

`environment` is the only reader of the environment, `file` reads what PRESCREEN_CONFIG names, `secrets` finds what is
kept elsewhere, `servers` and `parts` make of it what the other parts take, `tenants` puts the tenants together.
"""

from service.settings.environment import KNOWN, Mode, Settings
from service.settings.tenants import open_tenants, tenant_names

__all__ = ["KNOWN", "Mode", "Settings", "open_tenants", "tenant_names"]
