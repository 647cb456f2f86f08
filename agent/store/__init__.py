"""The source of truth in SQL, one workspace at a time, and the write-only way into the vault.

`Store` is opened or created on a home folder and takes its lock, `OpenHome` takes it for all its workspaces; its parts (`records`, `persons`, `sources`, `readings`,
`results`, `vectors`, `signatures`, `model_calls`, `curation`, `corrections`, `conversations`, `notes`) each keep one concern. `VaultWriter` takes what is held out.
"""

from agent.store.home import Home
from agent.store.store import OpenHome, Store, Workspace
from agent.store.vault import VaultWriter

__all__ = ["Home", "OpenHome", "Store", "VaultWriter", "Workspace"]
