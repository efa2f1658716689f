import { Collapsible } from "@base-ui/react/collapsible";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { messageOf } from "@shared/api/problem";
import { moment } from "@shared/format";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import { Confirm } from "@shared/ui/Confirm";
import { Failure } from "@shared/ui/Notice";
import { formatCount } from "../../../core/format";
import { dropLetter, readLetter, type Letter as DeadLetter, type Subscription } from "./letters";
import { LetterMessage } from "./LetterMessage";
import styles from "./Letters.module.css";
import type { Redriving } from "./useRedrive";

interface Props {
  letter: DeadLetter;
  subscription: Subscription;
  redriving: Redriving;
}

const STATES: Record<DeadLetter["state"], string> = {
  kept: "",
  blocking: "later messages of its key wait",
  redriving: "is being delivered again",
};

/** One dead letter: why, and when opened its message, its attempts and what can be done. */
export function Letter({ letter, subscription, redriving }: Props): ReactElement {
  const { number, order_id, key, code, reason, attempts, attempted_at, state } = letter;
  const whose = order_id !== undefined ? `order ${order_id}` : key && `key ${key}`;
  return (
    <li>
      <Collapsible.Root>
        <Collapsible.Trigger className={styles.letter}>
          <span className={styles.number}>{formatCount(number)}</span>
          <span>
            <b>{code}</b> {reason}
            <span className={styles.meta}>
              {whose && `${whose}, `}
              {attempts === 1 ? "one attempt" : `${formatCount(attempts)} attempts`}, the last{" "}
              {moment(attempted_at)}
              {state !== "kept" && `, ${STATES[state]}`}
            </span>
          </span>
          <svg aria-hidden viewBox="0 0 16 16" className={styles.chevron}>
            <path d="m4 6 4 4 4-4" />
          </svg>
        </Collapsible.Trigger>
        <Collapsible.Panel className={styles.opened}>
          <Opened letter={letter} subscription={subscription} redriving={redriving} />
        </Collapsible.Panel>
      </Collapsible.Root>
    </li>
  );
}

function Opened({ letter, subscription, redriving }: Props): ReactElement {
  const { number, attempts } = letter;
  const detail = useQuery({
    // Not read anew with the list: of one that was settled there is nothing any more.
    queryKey: ["letter", subscription.name, number, attempts],
    queryFn: ({ signal }) => readLetter(subscription.name, number, signal),
  });
  const running = redriving.run?.state === "running";
  const start = (rehearsed: boolean): void =>
    redriving.start({ subscription: subscription.name, number, rehearsed }, 1);
  return (
    <>
      {detail.error && (
        <Failure
          title="It cannot be read."
          error={detail.error}
          onRetry={() => void detail.refetch()}
        />
      )}
      {detail.data ? (
        <LetterMessage detail={detail.data} />
      ) : (
        !detail.error && <p className={styles.meta}>Reading it…</p>
      )}
      <div className={styles.sets}>
        {subscription.dry_run && (
          <Button busy={running} onClick={() => start(true)}>
            Rehearse
          </Button>
        )}
        <Button busy={running} onClick={() => start(false)}>
          Redrive
        </Button>
        <Drop number={number} subscription={subscription} />
      </div>
    </>
  );
}

function Drop({
  number,
  subscription: { name, blocks_keys },
}: {
  number: number;
  subscription: Subscription;
}): ReactElement {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: () => dropLetter(name, number),
    networkMode: "always",
    onSuccess: async () => {
      announce(`Dead letter ${formatCount(number)} was given up.`);
      await Promise.all(
        ["letters", "letter-subscriptions", "pipeline"].map((queryKey) =>
          client.invalidateQueries({ queryKey: [queryKey] }),
        ),
      );
    },
  });
  return (
    <>
      <Button look="danger" busy={drop.isPending} onClick={() => setAsking(true)}>
        Give up…
      </Button>
      {drop.error && (
        <p className={styles.problem} role="alert">
          It is still there: {messageOf(drop.error)}
        </p>
      )}
      <Confirm
        open={asking}
        danger
        title={`Give up dead letter ${formatCount(number)}?`}
        action="Give up"
        onConfirm={() => drop.mutate()}
        onClose={() => setAsking(false)}
      >
        <p>
          It is gone for good, and its event never has an effect.
          {blocks_keys && " Later messages of its key then flow."}
        </p>
      </Confirm>
    </>
  );
}
