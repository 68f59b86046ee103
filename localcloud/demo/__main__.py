"""
`make demo`: an owner tags a cluster, two clients tag a VPC each, and MSKLink connects them.

The exit code is 1 if the result is not as expected. All processes have ended then.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from localcloud import application
from localcloud.cloud import Cloud, temporary_aws
from localcloud.demo.cost import Cost
from localcloud.demo.observer import Observation, Observer
from localcloud.demo.scenario import APPLICATION, CLUSTER, PREFIX, SCHEMES, TOPIC, WISHES, Scenario
from localcloud.demo.screen import Screen

IN_MAPS = ("SurveyClient", "ConnectClient", "PublishToAccount")
"""Functions of states inside a Map, which the history of the embedded AWS lacks."""

MOST_HOURS = 3
"""Limit of a run, in hours of the simulated clock."""

MOST_SPEED = 1_000_000
"""Speed above which nobody could watch."""


def main() -> int:
    speed = _speed()
    console = Console(highlight=False, soft_wrap=True)
    console.print("[bold]MSKLink[/]: private connections to Amazon MSK, on an embedded AWS")
    goes = f"goes {speed:g} times faster than on AWS" if speed else "jumps to whatever is due next"
    console.print(f"Time {goes}, and stands still while anything works.\n")
    console.print("Building both stacks and deploying them to three accounts ...")
    with temporary_aws() as cloud, Screen(cloud.now, console) as screen:
        return play(cloud, screen, speed)


def _speed() -> float:
    """Return how many times faster than on AWS time passes; 0 for as fast as possible."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--speed", type=_positive, default=0.0)
    speed: float = parser.parse_args().speed
    return speed


def _positive(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0 < speed < MOST_SPEED:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0 and below {MOST_SPEED}")
    return speed


def play(cloud: Cloud, screen: Screen, speed: float) -> int:
    scenario = Scenario(cloud)
    screen.say(f"{cloud.owner} asks MSK for cluster {CLUSTER}: 3 brokers, 3 zones, {SCHEMES}")
    authority = scenario.logins.make_authority(CLUSTER)
    arn = scenario.logins.make_cluster(CLUSTER, authority)
    cloud.until(lambda: scenario.has_cluster(arn), speed=speed)
    observer = Observer(cloud, arn)
    screen.show(Observation(cluster="ACTIVE"))
    before = len(cloud.calls())
    screen.say(f"{cloud.owner} tags the cluster: msklink = {SCHEMES}, msklink/clients = …", "bold")
    for account, schemes in WISHES.items():
        screen.say(f"{account} tags its VPC: msklink/{CLUSTER} = {schemes}", "bold")
    scenario.tag(arn)
    screen.say(f"{cloud.owner} allows {APPLICATION} topics and groups {PREFIX}*", "bold")
    scenario.allow_access()
    screen.say(f"{APPLICATION} asks for access to topics and groups {PREFIX}*", "bold")
    scenario.request_access()
    observation = watch(cloud, observer, screen, speed)
    calls = cloud.calls(before)
    ours = Counter(call.operation for call in calls if ":assumed-role/" in call.principal)
    invocations = [call.operation for call in calls if call.service == "function"]
    inside_maps = sum(name.split("-")[1].startswith(IN_MAPS) for name in invocations)
    report(observer, screen, Cost(observation.transitions + inside_maps, len(invocations), ours))
    problems = observer.problems(observation, ours) + connect(
        cloud, screen, scenario, arn, authority
    )
    for problem in problems:
        screen.console.print(f"[red]not as it should be:[/] {problem}")
    return 1 if problems else 0


def connect(
    cloud: Cloud, screen: Screen, scenario: Scenario, arn: str, authority: str
) -> list[str]:
    """Let the client's application write and read by each scheme; return its problems."""
    screen.console.print(
        f"\n{cloud.owner} gives {APPLICATION} a SCRAM user, a certificate of its private CA, and "
        f"ACLs for {PREFIX}*.\n"
        f"An application of {APPLICATION}, with these, its credentials and the name of the cluster:"
    )
    with TemporaryDirectory(prefix="msklink-demo-") as folder:
        environment = scenario.give_logins(arn, authority, Path(folder))
        runs = {
            scheme: application.run(cloud, environment, CLUSTER, TOPIC, scheme)
            for scheme in SCHEMES.split()
        }
    for done in runs.values():
        if not done.returncode:
            screen.console.print(f"[bold green]{done.stdout.strip()}[/]")
    return [
        f"the application failed by {scheme}: {done.stderr.strip().splitlines()[-1]}"
        for scheme, done in runs.items()
        if done.returncode
    ]


def watch(cloud: Cloud, observer: Observer, screen: Screen, speed: float) -> Observation:
    """Observe every event until the run has ended."""

    def look() -> Observation | None:
        observation = observer.observe()
        screen.show(observation)
        return observation if observation.over else None

    observation = cloud.until(look, MOST_HOURS, speed)
    assert observation
    screen.say(f"run {observation.run} {observation.status}", "bold")
    return observation


def report(observer: Observer, screen: Screen, cost: Cost) -> None:
    for account in WISHES:
        screen.console.print(f"\n[bold]Parameter Store of {account}[/], read with its credentials:")
        screen.parameters(observer.parameters(account))
    screen.console.print(
        f"\nThe run took {cost.transitions} state transitions, {cost.invocations} Lambda calls "
        f"and {cost.calls.total()} API calls: ${cost.dollars:.4f} at list price."
    )


if __name__ == "__main__":
    sys.exit(main())
