"""
`make demo`: an owner tags a cluster, two clients tag a VPC each, MSKLink does the rest.

Exit code 1 when the end is not as it should be. Leaves nothing running.
"""

import sys
import time
from collections import Counter

from localcloud import application
from localcloud.cloud import Cloud, temporary_aws
from localcloud.demo.cost import Cost
from localcloud.demo.observer import Observer, Sight
from localcloud.demo.scenario import APPLICATION, CLUSTER, TOPIC, WISHES, Scenario
from localcloud.demo.screen import Screen
from localcloud.settings import credentials

IN_MAPS = ("SurveyClient", "ConnectClient", "PublishToAccount")
"""Functions of states inside a Map, which the history here leaves out."""

PATIENCE_SECONDS = 120
"""Real time for one run, after which something is wrong."""


def main() -> int:
    console = Screen(1).console
    console.print("[bold]MSKLink[/]: private connections to Amazon MSK, on an embedded AWS")
    console.print("AWS's own waiting runs a hundred times faster here, our functions do not.\n")
    console.print("Building both stacks and deploying them to three accounts ...")
    with temporary_aws() as cloud, Screen(cloud.scale) as screen:
        return play(cloud, screen)


def play(cloud: Cloud, screen: Screen) -> int:
    scenario = Scenario(cloud)
    screen.restart_clock()
    screen.say(f"{cloud.owner} asks MSK for cluster {CLUSTER}: 3 brokers, 3 zones, iam and scram")
    arn = scenario.make_cluster()
    scenario.wait_for_cluster(arn)
    observer = Observer(cloud, arn)
    screen.show(Sight(cluster="ACTIVE"))
    before = len(cloud.calls())
    screen.say(f"{cloud.owner} tags the cluster: msklink = iam scram, msklink/clients = …", "bold")
    for account, schemes in WISHES.items():
        screen.say(f"{account} tags its VPC: msklink/{CLUSTER} = {schemes}", "bold")
    scenario.tag(arn)
    screen.say(f"{cloud.owner} allows {APPLICATION} to write and read the topic {TOPIC}", "bold")
    scenario.allow_access()
    screen.say(f"{APPLICATION} asks for access to the topic {TOPIC}", "bold")
    scenario.ask_for_access()
    sight = watch(observer, screen)
    calls = cloud.calls(before)
    ours = Counter(call.operation for call in calls if ":assumed-role/" in call.principal)
    invocations = [call.operation for call in calls if call.service == "function"]
    inside_maps = sum(name.split("-")[1].startswith(IN_MAPS) for name in invocations)
    report(observer, screen, Cost(sight.transitions + inside_maps, len(invocations), ours))
    problems = observer.problems(sight, ours) + connect(cloud, screen)
    for problem in problems:
        screen.console.print(f"[red]not as it should be:[/] {problem}")
    return 1 if problems else 0


def connect(cloud: Cloud, screen: Screen) -> list[str]:
    """Let the client's application write and read; what went wrong, if anything."""
    screen.console.print(
        f"\nAn application of {APPLICATION}, with its credentials and the name of the cluster:"
    )
    done = application.run(cloud, credentials(APPLICATION), CLUSTER, TOPIC)
    if done.returncode:
        return [f"the application failed: {done.stderr.strip().splitlines()[-1]}"]
    screen.console.print(f"[bold green]{done.stdout.strip()}[/]")
    return []


def watch(observer: Observer, screen: Screen) -> Sight:
    """Look until the run is over, or patience is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    sight = observer.look()
    while not sight.over and time.monotonic() < deadline:
        screen.show(sight)
        time.sleep(0.3)
        sight = observer.look()
    screen.show(sight)
    screen.say(f"run {sight.run} {sight.status}", "bold")
    return sight


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
