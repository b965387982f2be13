"""``dayi tools``."""

import os
import shutil
import subprocess

import click

#: program → Debian package that has it; fonts so that Chinese pages can be looked at.
NEEDED = {
    "chromium": "chromium",
    "rabbitmq-server": "rabbitmq-server",
    "mosquitto": "mosquitto",
}
FONTS = "fonts-noto-cjk"


def missing() -> list[str]:
    """Return the Debian packages of the test tools that this machine lacks."""
    found = {package for program, package in NEEDED.items() if _found(program)}
    return [package for package in NEEDED.values() if package not in found]


def _found(program: str) -> bool:
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin") is not None


@click.command("tools")
def command() -> None:
    """Install the browser and the brokers that the tests use, where this machine allows it."""
    wanted = missing()
    if not wanted:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        click.echo(
            f"没有安装权限，缺少 {', '.join(wanted)} 的测试将跳过。"
            f" / No permission to install {', '.join(wanted)}: tests that need them are left out."
        )
        return
    environment = os.environ | {
        "DEBIAN_FRONTEND": "noninteractive",
        # Debian would start a broker of the system's own; the tests start private ones.
        "RUNLEVEL": "1",
    }
    click.echo(f"── 测试工具 / test tools: {' '.join(wanted)}")
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)  # noqa: S607
    done = subprocess.run(  # noqa: S603 - the package names above
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted, FONTS],  # noqa: S607
        check=False,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode != 0 and os.environ.get("CI"):
        raise click.ClickException("the test tools could not be installed")
