"""Schedules against an implementation that shares nothing with ours: it walks through time minute by
minute, asks Python's zoneinfo what the wall clock shows, and looks whether the expression lists it."""

import datetime
import os
import random
import subprocess
import unittest
import zoneinfo
from dataclasses import dataclass

SEED = int(os.environ.get("ORDERLY_CRON_SEED", "20210118"))
DAY = 86_400

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
WEEKDAYS = "SUN MON TUE WED THU FRI SAT".split()
FIELDS = ((0, 59, []), (0, 23, []), (1, 31, []), (1, 12, MONTHS), (0, 7, WEEKDAYS))

# What makes each of them worth a look; the windows are around these days.
ZONES = {
    "UTC": ["2020-02-28", "2000-02-28"],
    "Etc/UTC": ["2036-12-30"],
    "Europe/Berlin": ["2021-03-28", "2021-10-31", "1980-04-06", "2036-10-26"],
    "America/New_York": ["2021-03-14", "2021-11-07", "1987-04-05"],
    "America/St_Johns": ["2006-04-02", "2006-10-29"],  # changes one minute after midnight
    "America/Sao_Paulo": ["2018-11-04", "2018-02-18"],  # no midnight, and two of them
    "Australia/Lord_Howe": ["2021-04-04", "2021-10-03"],  # half an hour
    "Pacific/Apia": ["2011-12-30", "2011-09-24"],  # a day that never was
    "Pacific/Kwajalein": ["1993-08-21"],  # another one
    "Asia/Kathmandu": ["1986-01-01", "2021-06-01"],  # 15 minutes, for ever
    "Africa/Casablanca": ["2021-04-11", "2021-05-16"],  # negative summer time, around Ramadan
    "Europe/Dublin": ["2021-03-28", "2021-10-31"],
    "Antarctica/Troll": ["2021-03-28", "2021-10-31"],  # two hours
    "Asia/Pyongyang": ["2018-05-04", "2015-08-14"],
}


def epoch(day: str) -> int:
    moment = datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp())


# --- expressions -------------------------------------------------------------------------------


def random_item(rng: random.Random, field: int) -> str:
    low, high, names = FIELDS[field]

    def write(value: int) -> str:
        if names and rng.random() < 0.4:
            name = names[(value - low) % len(names)]
            return rng.choice((name, name.lower(), name.title()))
        return str(value)

    kind = rng.random()
    if kind < 0.2:
        return f"*/{rng.randint(1, high)}"
    if kind < 0.6:
        return write(rng.randint(low, high))
    first, last = sorted((rng.randint(low, high), rng.randint(low, high)))
    text = f"{write(first)}-{last}"
    return text if kind < 0.8 else f"{text}/{rng.randint(1, high)}"


def random_field(rng: random.Random, field: int, star: float) -> str:
    if rng.random() < star:
        return "*"
    return ",".join(random_item(rng, field) for _ in range(rng.choice((1, 1, 1, 2, 3))))


def random_expression(rng: random.Random) -> str:
    stars = rng.choice(((0.2, 0.4, 0.5, 0.8, 0.5), (0.0, 0.0, 0.2, 0.5, 0.2), (0.5, 0.9, 1, 1, 1)))
    return " ".join(random_field(rng, i, star) for i, star in enumerate(stars))


# --- what they mean ----------------------------------------------------------------------------


def values_of(text: str, field: int) -> set[int]:
    low, high, names = FIELDS[field]

    def read(word: str) -> int:
        upper = word.upper()
        return names.index(upper) + low if upper in names else int(word)

    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            bounds = (low, high)
        elif dash:
            bounds = (read(first), read(last))
        else:
            bounds = (read(first), read(first))
        found.update(range(bounds[0], bounds[1] + 1, int(step or 1)))
    if field == 4 and 7 in found:
        found.add(0)
    return found


Shown = tuple[int, int, int, int, int]  # minute, hour, day, month, weekday (0 is Sunday)


class Meaning:
    def __init__(self, expression: str) -> None:
        texts = expression.split()
        self.minutes, self.hours, self.days, self.months, self.weekdays = (
            values_of(text, i) for i, text in enumerate(texts)
        )
        self.both_days = texts[2][0] == "*" or texts[4][0] == "*"

    def lists(self, shown: Shown) -> bool:
        minute, hour, day, month, weekday = shown
        if minute not in self.minutes or hour not in self.hours or month not in self.months:
            return False
        by_date, by_weekday = day in self.days, weekday in self.weekdays
        return (by_date and by_weekday) if self.both_days else (by_date or by_weekday)


@dataclass(frozen=True)
class Window:
    """Every minute of some days in a zone, with what the wall clock shows."""

    zone: str
    begin: int  # the minute before the first
    minutes: list[tuple[int, Shown]]

    @staticmethod
    def of(zone: str, begin: int, end: int) -> "Window":
        where = zoneinfo.ZoneInfo(zone)
        minutes = []
        for moment in range(begin + 60, end + 1, 60):
            local = datetime.datetime.fromtimestamp(moment, where)
            assert local.second == 0, f"{zone} has seconds at {moment}"
            weekday = local.isoweekday() % 7
            shown = (local.minute, local.hour, local.day, local.month, weekday)
            minutes.append((moment, shown))
        return Window(zone, begin, minutes)

    def ticks(self, expression: str) -> list[int]:
        meaning = Meaning(expression)
        return [moment for moment, shown in self.minutes if meaning.lists(shown)]

    def question(self, expression: str) -> str:
        return f"{expression}|{self.zone}|{self.begin}|{self.minutes[-1][0]}"


def ask(questions: list[str]) -> list[str]:
    """What Orderly says to each."""
    run = subprocess.run(
        [os.environ["ORDERLY_CRON_PROBE"]],
        input="\n".join(questions) + "\n",
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    answers = run.stdout.split("\n")[:-1]
    assert len(answers) == len(questions), f"{len(answers)} answers to {len(questions)} questions"
    return answers


class CronOracle(unittest.TestCase):
    def compare(self, cases: list[tuple[Window, str]]) -> int:
        """How many ticks were the same; fails on the first case that is not."""
        ticks = 0
        answers = ask([window.question(expression) for window, expression in cases])
        for (window, expression), answer in zip(cases, answers, strict=True):
            expected = window.ticks(expression)
            if answer.startswith("error: schedule: no year"):
                self.assertEqual([], expected, f"seed {SEED}: {expression} {window.zone} {answer}")
                continue
            self.assertFalse(answer.startswith("error"), f"seed {SEED}: {expression}: {answer}")
            found = [int(word) for word in answer.split()]
            self.assertEqual(
                expected, found, f"seed {SEED}: '{expression}' in {window.zone} after {window.begin}"
            )
            ticks += len(expected)
        return ticks

    def test_around_the_days_that_are_different(self) -> None:
        rng = random.Random(SEED)
        cases = []
        for zone, days in ZONES.items():
            for day in days:
                begin = epoch(day) - 2 * DAY
                window = Window.of(zone, begin, begin + 5 * DAY)
                cases += [(window, random_expression(rng)) for _ in range(80)]
        ticks = self.compare(cases)
        print(f"\n{len(cases)} expressions, {ticks} ticks alike")
        self.assertGreater(ticks, 100_000)

    def test_whole_years(self) -> None:
        rng = random.Random(SEED + 1)
        cases = []
        for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"):
            begin = epoch(f"{rng.randint(1980, 2035)}-01-01")
            window = Window.of(zone, begin, begin + 366 * DAY)
            cases += [(window, random_expression(rng)) for _ in range(12)]
        ticks = self.compare(cases)
        print(f"\n{len(cases)} expressions over a year each, {ticks} ticks alike")
        self.assertGreater(ticks, 100_000)

    def test_the_walker_itself(self) -> None:
        """By hand: the night of 2021-10-31 in Berlin has 02:30 twice, that of 2021-03-28 never."""
        autumn = Window.of("Europe/Berlin", epoch("2021-10-30"), epoch("2021-11-01"))
        twice = [epoch("2021-10-31") + 30 * 60, epoch("2021-10-31") + 90 * 60]
        self.assertEqual([twice[0] - 86_400, *twice], autumn.ticks("30 2 * * *"))
        spring = Window.of("Europe/Berlin", epoch("2021-03-27"), epoch("2021-03-29"))
        self.assertEqual([epoch("2021-03-27") + 90 * 60], spring.ticks("30 2 * * *"))


if __name__ == "__main__":
    unittest.main()
