import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, ok } from "../api/client";
import { takeJob, useSession } from "../api/queries";
import { bytes } from "../lib/time";
import { editor, useEditor } from "../state/editor";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { toastError } from "../ui/toasts";

const PURPOSES: Record<string, string> = {
  point: "Clicking, boxes and scribbles",
  find: "Finding people, cars, animals by name",
  anything: "Finding whatever stands out",
  track: "Following objects through the clip",
  matte: "Soft edges of cutouts",
};

/** The networks that are missing, on whose terms they come, and fetching them. */
export function FetchDialog() {
  const open = useEditor((state) => state.dialog === "fetch");
  const { data: session } = useSession();
  const missing = distinct(session?.networks.filter((network) => !network.present) ?? []);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const chosen = missing.filter((network) => !left.has(network.name));
  const close = () => editor.set({ dialog: null });
  const fetchChosen = useMutation({
    mutationFn: async () => {
      for (const network of chosen)
        takeJob(
          await ok(
            api.POST("/api/v1/models/{name}/fetch", {
              params: { path: { name: network.name } },
              body: { accept_licence: true },
            }),
          ),
        );
    },
    onSuccess: close,
    onError: toastError,
  });
  return (
    <Dialog
      open={open}
      onClose={close}
      title="Fetch networks"
      width={520}
      footer={
        <>
          <span className="networks-size number">
            {chosen.length > 0 && <>{bytes(chosen.reduce((sum, network) => sum + network.bytes, 0))} in all</>}
          </span>
          <Button look="quiet" onClick={close}>
            Not now
          </Button>
          <Button look="primary" disabled={fetchChosen.isPending || !chosen.length} onClick={() => fetchChosen.mutate()}>
            Accept and fetch
          </Button>
        </>
      }
    >
      {missing.length ? (
        <>
          <p className="dialog-lead">
            Each is fetched once, checked, and kept on this machine. Your footage never leaves it.
          </p>
          <ul className="networks">
            {missing.map((network) => (
              <li key={network.name}>
                <label>
                  <input
                    type="checkbox"
                    checked={!left.has(network.name)}
                    onChange={() => setLeft(toggled(left, network.name))}
                  />
                  <strong>{network.title || network.name}</strong>
                </label>
                <span className="number">{bytes(network.bytes)}</span>
                <p>{network.purposes.map((purpose) => PURPOSES[purpose] ?? purpose).join(" · ")}</p>
                <p>
                  Licence: {network.licence}
                  {network.permissive ? "" : " (read its terms before commercial use)"}
                  {network.licence_note ? ` — ${network.licence_note}` : ""}
                </p>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p className="dialog-lead">Everything is here already.</p>
      )}
    </Dialog>
  );
}

/** A set with a name in it if it was not, and without it if it was. */
function toggled(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(names);
  if (!next.delete(name)) next.add(name);
  return next;
}

function distinct<N extends { name: string; purpose: string }>(networks: N[]) {
  const found = new Map<string, N & { purposes: string[] }>();
  for (const network of networks) {
    const known = found.get(network.name);
    if (known) known.purposes.push(network.purpose);
    else found.set(network.name, { ...network, purposes: [network.purpose] });
  }
  return [...found.values()];
}
