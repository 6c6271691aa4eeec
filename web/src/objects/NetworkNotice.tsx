import { Download } from "lucide-react";
import { useJobs, useSession } from "../api/queries";
import { bytes } from "../lib/time";
import { editor } from "../state/editor";
import { Button } from "../ui/Button";
import { Progress } from "../ui/Progress";

/** Where clicking cannot work yet: what is missing, and how to get it. */
export function NetworkNotice() {
  const { data: session } = useSession();
  const { data: jobs } = useJobs();
  const missing = session?.networks.filter(
    (network) => network.purpose === "point" && !network.present,
  );
  if (!missing?.length) return null;
  const job = jobs?.find((one) => one.kind === "fetch" && (one.state === "running" || one.state === "queued"));
  const size = missing.reduce((sum, network) => sum + network.bytes, 0);
  return (
    <div className="notice network-notice">
      <Download size={15} />
      <strong>{job ? "Fetching…" : "Clicking needs a network"}</strong>
      {job ? (
        <Progress label="Fetching" share={job.total ? job.done / job.total : null} />
      ) : (
        <>
          <span>Fetched once ({bytes(size)}), then all works offline. Painting works already.</span>
          <div className="notice-actions">
            <Button onClick={() => editor.set({ dialog: "fetch" })}>Get it…</Button>
          </div>
        </>
      )}
    </div>
  );
}
