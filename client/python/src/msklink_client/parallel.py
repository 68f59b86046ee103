"""Do the same for many things at once, in threads that do not keep the process alive."""

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_parallel(act: Callable[[Given], Made], several: Iterable[Given]) -> list[Made]:
    """
    Return what *act* makes of each, in order. Raises the first exception.

    After Ctrl-C a pool of concurrent.futures would wait for the time-outs of all its threads.
    """
    given = list(several)
    made: dict[int, Made] = {}
    failed: list[BaseException] = []

    def do(number: int) -> None:
        try:
            made[number] = act(given[number])
        except BaseException as error:  # noqa: BLE001 raised below, by the caller's thread
            failed.append(error)

    threads = [threading.Thread(target=do, args=(n,), daemon=True) for n in range(len(given))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [made[number] for number in range(len(given))]
