"""Scheduled jobs against a real target. Ticks are minutes, so runs are mostly asked for by hand here;
what schedules do over time is tested in virtual time."""

import base64
import datetime
import http.server
import json
import threading
import time
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.client import Answer
from orderly_testing.metrics import Metrics
from orderly_testing.process import run_command
from orderly_testing.waiting import wait_until

JOBS = "/v1/projects/orderly/locations/local/jobs"
NEVER = "0 0 1 1 *"  # but at the turn of the year


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: float


class Target:
    """An HTTP server that remembers what it was asked, and answers as it is told."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.status: Callable[[int], int] = lambda _: 200  # by how many there were before
        self.hold = threading.Event()  # answers wait for it
        self.hold.set()
        self.running = 0
        self.most_at_once = 0
        self._lock = threading.Lock()
        target = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(self.command, self.path, headers, self.rfile.read(length), time.time())
                status = target.begin(call)
                target.hold.wait(60)
                target.end()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass  # the caller did not wait

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def begin(self, call: Call) -> int:
        with self._lock:
            self.calls.append(call)
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
            return self.status(len(self.calls) - 1)

    def end(self) -> None:
        with self._lock:
            self.running -= 1

    def close(self) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class JobsCase(PlatformCase):
    def setUp(self) -> None:
        self.target = Target()
        self.addCleanup(self.target.close)
        self.name = self.unique("job")
        self.path = f"{JOBS}/{self.name}"

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        raw = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        # Closed at once: whoever polls for a minute asks more often than a server has connections.
        with self.platform.client("event-publisher") as client:
            return client.request(method, path, raw, headers)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, path, body)
        self.assertEqual(200, answer.status, answer.text)
        return answer.json()

    def refused(self, status: int, name: str, method: str, path: str, body: Any = None) -> str:
        answer = self.call(method, path, body)
        error = answer.json()["error"]
        self.assertEqual((status, name), (answer.status, error["status"]), answer.text)
        self.assertEqual(status, error["code"])
        return error["message"]

    def job(self, **members: Any) -> dict[str, Any]:
        target = {"uri": f"{self.target.url}/x", "httpMethod": "GET"}
        return {
            "name": self.path.removeprefix("/v1/"),
            "schedule": NEVER,
            "httpTarget": target | members.pop("httpTarget", {}),
        } | members

    def create(self, **members: Any) -> Any:
        return self.ok("POST", JOBS, self.job(**members))

    def run_now(self) -> None:
        self.ok("POST", f"{self.path}:run", {})

    def runs(self) -> list[dict[str, Any]]:
        return self.ok("GET", f"{self.path}/runs").get("runs", [])

    def wait_ended(self, runs: int = 1) -> list[dict[str, Any]]:
        def ended() -> list[dict[str, Any]]:
            found = self.runs()
            return found if len([run for run in found if "endTime" in run]) >= runs else []

        return wait_until(ended, f"{runs} runs have ended")

    def wait_calls(self, count: int) -> list[Call]:
        wait_until(lambda: len(self.target.calls) >= count, f"{count} calls")
        return self.target.calls


class Jobs(JobsCase):
    def test_the_life_of_a_job(self) -> None:
        made = self.create(description="a job", timeZone="Europe/Berlin")
        self.assertEqual("ENABLED", made["state"])
        self.assertEqual("180s", made["attemptDeadline"])
        self.assertEqual(made, self.ok("GET", self.path))
        self.assertIn(made, self.ok("GET", JOBS)["jobs"])
        changed = self.ok(
            "PATCH", f"{self.path}?updateMask=schedule,retryConfig.retryCount",
            {"schedule": "*/5 * * * *", "retryConfig": {"retryCount": 2}, "description": "other"},
        )
        self.assertEqual("a job", changed["description"])
        self.assertEqual(("*/5 * * * *", 2), (changed["schedule"], changed["retryConfig"]["retryCount"]))
        self.assertEqual("PAUSED", self.ok("POST", f"{self.path}:pause", {})["state"])
        self.assertEqual("ENABLED", self.ok("POST", f"{self.path}:resume", {})["state"])
        self.assertEqual({}, self.ok("DELETE", self.path))
        self.refused(404, "NOT_FOUND", "GET", self.path)

    def test_refusals_are_googles(self) -> None:
        self.create()
        self.refused(409, "ALREADY_EXISTS", "POST", JOBS, self.job())
        for wrong, field in (
            ({"schedule": "* * 30 2 *"}, "schedule"),
            ({"timeZone": "Europe/Atlantis"}, "timeZone"),
            ({"attemptDeadline": "1s"}, "attemptDeadline"),
            ({"httpTarget": {"uri": "https://example.com/"}}, "httpTarget.uri"),
            ({"httpTarget": {"uri": ""}}, "httpTarget.uri"),
            ({"frequency": 1}, "frequency"),
        ):
            message = self.refused(400, "INVALID_ARGUMENT", "POST", JOBS, self.job(**wrong))
            self.assertIn(field, message)
        answer = self.client("event-publisher").get(JOBS, {"Origin": "http://elsewhere.example"})
        self.assertEqual(403, answer.status)

    def test_what_the_target_sees(self) -> None:
        body = bytes(range(256))
        headers = {"X-Own": "mine"}
        self.create(
            httpTarget={
                "uri": f"{self.target.url}/a?b=c",
                "httpMethod": "POST",
                "headers": headers,
                "body": base64.b64encode(body).decode(),
            }
        )
        self.run_now()
        self.wait_ended()
        (call,) = self.target.calls
        self.assertEqual(("POST", "/a?b=c", body), (call.method, call.path, call.body))
        expected = {
            "user-agent": "Google-Cloud-Scheduler",
            "x-cloudscheduler": "true",
            "x-cloudscheduler-jobname": self.name,
            "content-type": "application/octet-stream",
            "x-own": "mine",
        }
        self.assertEqual(expected, {name: call.headers.get(name) for name in expected})
        self.assertNotIn("x-cloudscheduler-scheduletime", call.headers)

    def test_retries_with_backoff_and_doublings(self) -> None:
        self.target.status = lambda before: 503
        self.create(
            retryConfig={
                "retryCount": 4,
                "minBackoffDuration": "0.2s",
                "maxBackoffDuration": "0.5s",
                "maxDoublings": 1,
            }
        )
        self.run_now()
        (run,) = self.wait_ended()
        self.assertEqual(("FAILED", 5, 503), (run["state"], run["attempts"], run["httpStatus"]))
        calls = self.target.calls
        self.assertEqual(5, len(calls))
        waits = [after.at - before.at for before, after in zip(calls, calls[1:])]
        for wait, least in zip(waits, (0.2, 0.4, 0.5, 0.5), strict=True):
            self.assertGreaterEqual(wait, least)
        self.assertEqual(14, self.ok("GET", self.path)["status"]["code"])

    def test_a_retry_that_succeeds_ends_the_run(self) -> None:
        self.target.status = lambda before: 200 if before == 2 else 302
        self.create(retryConfig={"retryCount": 5, "minBackoffDuration": "0.1s"})
        self.run_now()
        (run,) = self.wait_ended()
        self.assertEqual(("SUCCEEDED", 3, 200), (run["state"], run["attempts"], run["httpStatus"]))
        self.assertEqual({}, self.ok("GET", self.path)["status"])
        self.assertEqual({"/x"}, {call.path for call in self.target.calls})

    def test_the_attempt_deadline(self) -> None:
        self.target.hold.clear()
        self.create(attemptDeadline="15s")
        self.run_now()
        (run,) = self.wait_ended()
        self.assertEqual("FAILED", run["state"])
        self.assertIn("time is up", run["error"])
        self.assertEqual(4, self.ok("GET", self.path)["status"]["code"])

    def test_nobody_listens(self) -> None:
        self.create(httpTarget={"uri": "http://127.0.0.1:1/"})
        self.run_now()
        (run,) = self.wait_ended()
        self.assertEqual(("FAILED", 1), (run["state"], run["attempts"]))
        self.assertNotIn("httpStatus", run)
        self.assertIn("cannot connect", run["error"])

    def test_no_overlap(self) -> None:
        self.target.hold.clear()
        self.create()
        self.run_now()
        self.wait_calls(1)
        for _ in range(5):
            self.run_now()
        self.assertEqual(1, len(self.target.calls))
        self.target.hold.set()
        self.wait_ended(2)
        self.assertEqual((2, 1), (len(self.target.calls), self.target.most_at_once))

    def test_paused_jobs_run_by_hand_only(self) -> None:
        self.create(schedule="* * * * *")
        paused = self.ok("POST", f"{self.path}:pause", {})
        self.assertNotIn("scheduleTime", paused)
        self.run_now()
        (run,) = self.wait_ended()
        self.assertEqual(("MANUAL", "SUCCEEDED"), (run["trigger"], run["state"]))

    def test_the_labs_own_job(self) -> None:
        """It calls the very server that runs it."""
        self.create(
            schedule="* * * * *",
            httpTarget={"uri": f"{self.platform.servers['event-publisher'].url}/api/v1/event/publish"},
        )
        self.run_now()
        (run,) = self.wait_ended()
        self.assertEqual(("SUCCEEDED", 200), (run["state"], run["httpStatus"]))

    def test_a_schedule_ticks(self) -> None:
        """The one test that waits for a minute to begin."""
        self.create(schedule="* * * * *")
        (run,) = wait_until(lambda: self.runs()[:1], "a minute begins", 90)
        self.assertEqual("SCHEDULE", run["trigger"])
        (call,) = self.wait_calls(1)
        told = datetime.datetime.fromisoformat(call.headers["x-cloudscheduler-scheduletime"])
        self.assertEqual((0, 0), (told.second, told.microsecond))
        self.assertLess(abs(call.at - told.timestamp()), 30)

    def test_metrics(self) -> None:
        self.create()
        self.run_now()
        self.wait_ended()
        metrics = Metrics(self.client("event-publisher"))
        runs = metrics.find("orderly_job_runs_total", job=self.name, outcome="succeeded")
        self.assertEqual(1, runs)
        self.assertGreaterEqual(metrics.find("orderly_jobs") or 0, 1)


class JobsAndDeath(JobsCase):
    """What a job does when its server goes and comes back."""

    def restart(self) -> None:
        self.assertEqual(0, self.platform.servers["event-publisher"].terminate())
        self.platform.restart("event-publisher")

    def test_a_restart_keeps_jobs_and_history(self) -> None:
        made = self.create()
        self.run_now()
        runs = self.wait_ended()
        before = self.ok("GET", self.path)
        self.restart()
        self.assertEqual(before, self.ok("GET", self.path))
        self.assertEqual(made["schedule"], before["schedule"])
        self.assertEqual(runs, self.runs())

    def test_kill_in_the_middle_of_a_run(self) -> None:
        """The attempt that nobody lived to record is made again, as the same run."""
        self.target.hold.clear()
        self.create()
        self.run_now()
        self.wait_calls(1)
        self.take_down("event-publisher")
        self.target.hold.set()
        self.bring_back("event-publisher")
        (run,) = self.wait_ended()
        self.assertEqual(("SUCCEEDED", 2), (run["state"], run["attempts"]))
        self.assertEqual(2, len(self.target.calls))

    def test_kill_after_the_request_and_before_the_run(self) -> None:
        for _ in range(5):
            self.name = self.unique("job")
            self.path = f"{JOBS}/{self.name}"
            self.create()
            self.run_now()
            self.take_down("event-publisher")
            self.bring_back("event-publisher")
            (run,) = self.wait_ended()
            self.assertEqual("SUCCEEDED", run["state"])

    def test_a_stop_waits_for_a_short_run(self) -> None:
        self.target.hold.clear()
        self.create()
        self.run_now()
        self.wait_calls(1)
        server = self.platform.servers["event-publisher"]
        server.ask_to_end()
        self.target.hold.set()
        self.assertEqual(0, server.wait_ended())
        self.platform.restart("event-publisher")
        (run,) = self.wait_ended()
        # One attempt, unless the machine was too busy for the answer to come within the grace.
        self.assertEqual(("SUCCEEDED", len(self.target.calls)), (run["state"], run["attempts"]))

    def test_a_tick_missed_while_away_runs_once_late(self) -> None:
        self.create(schedule="* * * * *")
        due = self.ok("GET", self.path)["scheduleTime"]
        self.take_down("event-publisher")
        tick = datetime.datetime.fromisoformat(due).timestamp()
        wait_until(lambda: time.time() > tick + 1, "a minute begins", 70)
        self.bring_back("event-publisher")
        (call, *_) = self.wait_calls(1)
        self.assertEqual(due, call.headers["x-cloudscheduler-scheduletime"])
        self.assertEqual(due, wait_until(self.runs, "it is recorded")[-1]["scheduleTime"])


class JobCommands(JobsCase):
    def orderly(self, *arguments: str) -> str:
        url = self.platform.servers["event-publisher"].url
        done = run_command("jobs", *arguments, "--url", url)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout or done.stderr

    def described(self) -> Any:
        return json.loads(self.orderly("describe", self.name, "--format", "json"))

    def test_all_of_them(self) -> None:
        made = self.orderly(
            "create", self.name, "--schedule", "0 9 * * MON", "--time-zone", "Europe/Berlin",
            "--uri", f"{self.target.url}/x", "--http-method", "post", "--headers", "A=b,C=d=e",
            "--message-body", "hello", "--attempt-deadline", "1m", "--max-retry-attempts", "2",
            "--max-retry-duration", "1h", "--min-backoff", "10s", "--max-backoff", "1m",
            "--max-doublings", "3", "--description", "says hello",
        )
        self.assertIn("schedule: 0 9 * * MON", made.replace("\"", ""))
        job = self.described()
        self.assertEqual("says hello", job["description"])
        self.assertEqual("Europe/Berlin", job["timeZone"])
        self.assertEqual("60s", job["attemptDeadline"])
        self.assertEqual(
            {
                "uri": f"{self.target.url}/x", "httpMethod": "POST",
                "headers": {"A": "b", "C": "d=e"}, "body": "aGVsbG8=",
            },
            job["httpTarget"],
        )
        self.assertEqual(
            {
                "retryCount": 2, "maxRetryDuration": "3600s", "minBackoffDuration": "10s",
                "maxBackoffDuration": "60s", "maxDoublings": 3,
            },
            job["retryConfig"],
        )
        self.assertIn(self.name, self.orderly("list"))
        self.orderly("update", self.name, "--schedule", NEVER, "--clear-headers")
        self.assertEqual(NEVER, self.described()["schedule"])
        self.assertNotIn("headers", self.described()["httpTarget"])
        self.assertEqual("aGVsbG8=", self.described()["httpTarget"]["body"])
        self.orderly("pause", self.name)
        self.assertEqual("PAUSED", self.described()["state"])
        self.orderly("resume", self.name)
        self.assertEqual("ENABLED", self.described()["state"])
        self.orderly("run", self.name)
        self.wait_ended()
        self.assertIn("SUCCEEDED", self.orderly("history", self.name))
        self.assertEqual(1, len(json.loads(self.orderly("history", self.name, "--format", "json"))))
        self.orderly("delete", self.name)
        self.refused(404, "NOT_FOUND", "GET", self.path)

    def test_wrong_usage(self) -> None:
        url = self.platform.servers["event-publisher"].url
        create = ["create", self.name, "--uri", "http://h/", "--url", url]
        for arguments, code, says in (
            (["describe", self.name, "--url", url], 1, "There is no job"),
            (create, 2, "--schedule"),
            ([*create, "--schedule", "61 * * * *"], 1, "the minute field has '61'"),
            ([*create, "--schedule", NEVER, "--headers", "A"], 2, "NAME=VALUE"),
            ([*create, "--schedule", NEVER, "--attempt-deadline", "soon"], 2, "duration"),
            ([*create, "--schedule", NEVER, "--http-method", "fetch"], 2, "--http-method"),
            (["update", self.name, "--url", url], 2, "something to change"),
        ):
            done = run_command("jobs", *arguments)
            self.assertEqual(code, done.returncode, f"{arguments}: {done.stderr}")
            self.assertIn(says, done.stderr)


class DeclaredJobs(JobsCase):
    def start_with(self, text: str) -> None:
        server = self.platform.servers["event-publisher"]
        if server.running:
            self.assertEqual(0, server.terminate())
        config = server.data.parent / "orderly.toml"
        config.write_text(text, encoding="utf-8")
        server.arguments = ["up", "--config", str(config)]
        self.platform.restart("event-publisher")

    def section(self, **keys: str) -> str:
        lines = "\n".join(f'{key.replace("_", "-")} = "{value}"' for key, value in keys.items())
        return f"[job.{self.name}]\n{lines}\n"

    def test_jobs_of_the_configuration_file(self) -> None:
        self.start_with(self.section(schedule=NEVER, uri=f"{self.target.url}/x", http_method="GET"))
        made = self.ok("GET", self.path)
        self.assertEqual((NEVER, "GET"), (made["schedule"], made["httpTarget"]["httpMethod"]))
        self.run_now()
        runs = self.wait_ended()
        self.ok("POST", f"{self.path}:pause", {})
        self.start_with(self.section(schedule="5 * * * *", uri=f"{self.target.url}/y"))
        changed = self.ok("GET", self.path)
        self.assertEqual(("5 * * * *", "PAUSED"), (changed["schedule"], changed["state"]))
        self.assertEqual("POST", changed["httpTarget"]["httpMethod"])
        self.assertEqual(runs, self.runs())
        self.start_with("")
        self.assertEqual(changed, self.ok("GET", self.path), "what is not named stays")

    def test_a_wrong_section_ends_the_start(self) -> None:
        config = self.platform.servers["event-publisher"].data.parent / "wrong.toml"
        data = str(config.with_suffix(""))
        for text, code, says in (
            (self.section(schedule="61 * * * *", uri="http://h/"), 1, "schedule: schedule: the minute"),
            (self.section(uri="http://h/"), 1, "five fields"),
            (self.section(schedule=NEVER), 1, "uri"),
            (self.section(schedule=NEVER, uri="https://h/"), 1, "https://"),
            (self.section(schedule=NEVER, uri="http://h/", frequency="1"), 2, "frequency is not known"),
        ):
            config.write_text(text, encoding="utf-8")
            done = run_command("up", "--config", str(config), "--data", data, "--listen", "127.0.0.1:0")
            self.assertEqual(code, done.returncode, done.stderr)
            self.assertIn(says, done.stderr)
            self.assertIn(f"[job.{self.name}]", done.stderr)



if __name__ == "__main__":
    unittest.main()
