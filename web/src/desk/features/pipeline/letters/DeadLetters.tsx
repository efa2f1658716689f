import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { Button } from "@shared/ui/Button";
import { Confirm } from "@shared/ui/Confirm";
import { Failure } from "@shared/ui/Notice";
import { ShowMore } from "@shared/ui/ShowMore";
import { formatCount } from "../../../core/format";
import sheet from "../Pipeline.module.css";
import { Letter } from "./Letter";
import { LetterFilter } from "./LetterFilter";
import styles from "./Letters.module.css";
import {
  isFiltered,
  readLetters,
  readSubscriptions,
  type Filter,
  type Subscription,
} from "./letters";
import { RunReport } from "./RunReport";
import { useRedrive, type Redriving } from "./useRedrive";

const EVERY_MS = 5_000;

/** Events that could not be applied: what each one is, why, and another try. */
export function DeadLetters({ count }: { count: number }): ReactElement {
  const { data, error, refetch } = useQuery({
    // The count is of the newest picture of the pipeline, so a change reads it anew.
    queryKey: ["letter-subscriptions", count],
    queryFn: ({ signal }) => readSubscriptions(signal),
    refetchInterval: EVERY_MS,
    networkMode: "always",
    placeholderData: keepPreviousData,
  });
  const [named, setNamed] = useState<string>();
  const chosen =
    data?.find(({ name }) => name === named) ??
    data?.find(({ dead_letters }) => dead_letters > 0) ??
    data?.[0];
  const total = data?.reduce((sum, { dead_letters }) => sum + dead_letters, 0) ?? count;
  return (
    <section className={sheet.sheet} aria-labelledby="dead-letters">
      <h2 id="dead-letters">
        Dead letters <span className="muted numeric">{formatCount(total)}</span>
      </h2>
      {error && (
        <Failure title="They cannot be read." error={error} onRetry={() => void refetch()} />
      )}
      {data && data.length > 1 && (
        <label className={styles.whose}>
          <span>Of</span>
          <select value={chosen?.name} onChange={(event) => setNamed(event.target.value)}>
            {data.map(({ name, dead_letters }) => (
              <option key={name} value={name}>
                {name} ({formatCount(dead_letters)})
              </option>
            ))}
          </select>
        </label>
      )}
      {chosen && <Of key={chosen.name} subscription={chosen} />}
    </section>
  );
}

function Of({ subscription }: { subscription: Subscription }): ReactElement {
  const { name, dead_letters, keys_waiting, messages_waiting, full } = subscription;
  const [filter, setFilter] = useState<Filter>({});
  const redriving = useRedrive();
  const list = useInfiniteQuery({
    queryKey: ["letters", name, dead_letters, filter],
    queryFn: ({ pageParam, signal }) => readLetters(name, filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    enabled: dead_letters > 0,
    placeholderData: keepPreviousData,
  });
  const letters = dead_letters > 0 ? (list.data?.pages.flatMap((page) => page.letters) ?? []) : [];
  return (
    <>
      {full && (
        <p className={styles.problem}>
          There are as many as may be kept; nothing more is taken from strangers.
        </p>
      )}
      {messages_waiting > 0 && (
        <p className={sheet.todo}>
          {formatCount(messages_waiting)} later messages of {formatCount(keys_waiting)} keys wait
          behind them.
        </p>
      )}
      {dead_letters === 0 && <p className={sheet.none}>Every event could be applied.</p>}
      {dead_letters > 0 && (
        <div className={styles.bar}>
          <LetterFilter letters={letters} filter={filter} onFilter={setFilter} />
          <Sets subscription={subscription} filter={filter} redriving={redriving} />
        </div>
      )}
      <RunReport redriving={redriving} />
      {list.error && dead_letters > 0 && (
        <Failure
          title="The list cannot be read."
          error={list.error}
          onRetry={() => void list.refetch()}
        />
      )}
      {dead_letters > 0 && list.data && letters.length === 0 && (
        <p className={sheet.none}>None is like that.</p>
      )}
      <ol className={styles.letters}>
        {letters.map((letter) => (
          <Letter
            key={letter.number}
            letter={letter}
            subscription={subscription}
            redriving={redriving}
          />
        ))}
      </ol>
      <ShowMore
        look="quiet"
        more={dead_letters > 0 && list.hasNextPage}
        busy={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </>
  );
}

interface SetsProps {
  subscription: Subscription;
  filter: Filter;
  redriving: Redriving;
}

/** What can be done with all that are meant. */
function Sets({ subscription, filter, redriving }: SetsProps): ReactElement {
  const [asking, setAsking] = useState(false);
  const { name, dead_letters, dry_run } = subscription;
  const running = redriving.run?.state === "running";
  const filtered = isFiltered(filter);
  const which = filtered ? "these" : "all";
  const start = (rehearsed: boolean): void =>
    redriving.start({ subscription: name, filter, rehearsed }, filtered ? undefined : dead_letters);
  return (
    <div className={styles.sets}>
      {dry_run && (
        <Button busy={running} onClick={() => start(true)}>
          Rehearse {which}
        </Button>
      )}
      <Button look="primary" busy={running} onClick={() => setAsking(true)}>
        Redrive {which}
      </Button>
      <Confirm
        open={asking}
        title={
          filtered ? "Redrive these dead letters?" : `Redrive all ${formatCount(dead_letters)}?`
        }
        action="Redrive"
        onConfirm={() => start(false)}
        onClose={() => setAsking(false)}
      >
        <p>
          Each is applied once more. What fails again stays here with its new reason; what has its
          effect is settled for good.
        </p>
      </Confirm>
    </div>
  );
}
