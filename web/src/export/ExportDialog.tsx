import { useMutation, useQuery } from "@tanstack/react-query";
import { Check, CircleAlert, Minus } from "lucide-react";
import { useEffect, useState } from "react";
import { api, ok } from "../api/client";
import { explain } from "../api/errors";
import { takeJob } from "../api/queries";
import type { ExportFormat, ExportPlan, NewExport, Project } from "../api/types";
import { changeObject } from "../editor/actions";
import { hasMask } from "../lib/masked";
import { bytes } from "../lib/time";
import { editor, useEditor } from "../state/editor";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Select } from "../ui/Menu";
import { Segmented } from "../ui/Segmented";
import { toastError } from "../ui/toasts";
import { BackgroundField, type Background } from "./BackgroundField";
import { askToNotify } from "./notify";
import "./export.css";

type What = "plate" | "cutout" | "matte";
type Part = "whole" | "range";
type Quality = NonNullable<NewExport["quality"]>;

const QUALITIES: { value: Quality; label: string; hint: string }[] = [
  { value: "draft", label: "Draft", hint: "Small and quick, to look at" },
  { value: "good", label: "Good", hint: "No loss that is seen" },
  { value: "best", label: "Best", hint: "Takes its time: more sources, a finer encode" },
  { value: "lossless", label: "Lossless", hint: "Every pixel outside the hole stays exactly as it was" },
];

/** What is written, in which form, how large it will be, and what it keeps of the clip. */
export function ExportDialog({ project }: { project: Project }) {
  const open = useEditor((state) => state.dialog === "export");
  return open ? <Opened project={project} /> : null;
}

function Opened({ project }: { project: Project }) {
  const [what, setWhat] = useState<What>(() =>
    project.objects.some((object) => object.action === "erase") ? "plate" : "cutout",
  );
  const [format, setFormat] = useState<string | null>(null);
  const [codec, setCodec] = useState<string | null>(null);
  const [quality, setQuality] = useState<Quality>(project.settings.quality ?? "good");
  const [name, setName] = useState("");
  const [part, setPart] = useState<Part>("whole");
  const [background, setBackground] = useState<Background>({ kind: "none" });
  const laid = what === "cutout" && background.kind !== "none";
  const close = () => editor.set({ dialog: null });

  const { data: formats } = useQuery({
    queryKey: ["formats", project.id],
    queryFn: () =>
      ok(
        api.GET("/api/v1/projects/{project}/exports/formats", {
          params: { path: { project: project.id } },
        }),
      ) as Promise<ExportFormat[]>,
  });
  const fitting = formats?.filter((one) => one.what.includes(laid ? "plate" : what)) ?? [];
  const chosen = fitting.find((one) => one.format === format) ?? fitting[0];
  const codecs = chosen?.codecs ?? [];
  useEffect(() => {
    if (codec && !codecs.some((one) => one.codec === codec)) setCodec(null);
  }, [codec, codecs]);

  const wanted = {
    what,
    format: chosen?.format ?? "mp4",
    codec,
    quality,
    name: name.trim() || null,
    ...(part === "range" && project.range ? { first: project.range[0], end: project.range[1] } : {}),
    background: what === "cutout" ? (background.value ?? null) : null,
  } as NewExport;
  const missing = laid && !background.value;
  const action = what === "plate" ? "erase" : "cutout";
  const masked = project.objects.filter(hasMask);
  const suited = masked.some((one) => one.action === action);
  const other = masked.find((one) => one.id === editor.get().object) ?? masked[0];
  // As if it were there already: what it is makes no difference to the file's form.
  const asked = missing ? { ...wanted, background: "blur" } : wanted;
  const plan = useQuery({
    queryKey: ["plan", project.id, project.revision, asked],
    queryFn: () =>
      ok(
        api.POST("/api/v1/projects/{project}/exports/plan", {
          params: { path: { project: project.id } },
          body: asked,
        }),
      ) as Promise<ExportPlan>,
    enabled: !!chosen,
    placeholderData: (previous) => previous,
    retry: false,
  });
  const start = useMutation({
    mutationFn: () =>
      ok(
        api.POST("/api/v1/projects/{project}/exports", {
          params: { path: { project: project.id } },
          body: wanted,
        }),
      ),
    onSuccess: takeJob,
    onError: toastError,
  });
  const onExport = () => {
    askToNotify();
    // Not where this dialog was closed meanwhile: another may be open by then.
    start.mutate(undefined, { onSuccess: () => editor.set({ dialog: null, jobsOpen: true }) });
  };

  return (
    <Dialog
      open
      onClose={close}
      title="Export"
      width={640}
      footer={
        <>
          <SizeLine plan={suited ? plan.data : undefined} />
          <Button look="quiet" onClick={close}>
            Cancel
          </Button>
          <Button look="primary" disabled={!plan.data || !!plan.error || start.isPending || missing || !suited} onClick={onExport}>
            Export
          </Button>
        </>
      }
    >
      <div className="export">
        <div className="export-form">
          <Segmented<What>
            fill
            label="What is written"
            value={what}
            choices={[
              { value: "plate", label: "Clean clip", hint: "The clip with its objects gone" },
              { value: "cutout", label: "Cutout", hint: "The subject alone, with transparency" },
              { value: "matte", label: "Matte", hint: "White where the subject is" },
            ]}
            onChange={setWhat}
          />
          {project.range && (
            <div className="field">
              <span>Frames</span>
              <Segmented<Part>
                fill
                label="Frames"
                value={part}
                choices={[
                  { value: "whole", label: "Whole clip", hint: "In and out bound the preview alone" },
                  { value: "range", label: "In to out", hint: `Frames ${project.range[0]} to ${project.range[1]! - 1}, with their sound` },
                ]}
                onChange={setPart}
              />
            </div>
          )}
          {what === "cutout" && <BackgroundField value={background} onChange={setBackground} />}
          <div className="field">
            <span>Format</span>
            <Select
              label="Format"
              value={chosen?.format ?? ""}
              choices={fitting.map((one) => ({ value: one.format, label: one.label }))}
              onChange={(to) => {
                setFormat(to);
                setCodec(null);
              }}
            />
          </div>
          {codecs.length > 1 && (
            <div className="field">
              <span>Codec</span>
              <Select
                label="Codec"
                value={codec ?? ""}
                choices={[
                  { value: "", label: "As the clip, where it can be" },
                  ...codecs.map((one) => ({ value: one.codec, label: one.label })),
                ]}
                onChange={(to) => setCodec(to || null)}
              />
            </div>
          )}
          <div className="field">
            <span>Quality</span>
            <Segmented fill label="Quality" value={quality} choices={QUALITIES} onChange={setQuality} />
            <p className="export-hint">{QUALITIES.find((one) => one.value === quality)?.hint}.</p>
          </div>
          <label className="field">
            <span>Name</span>
            <input
              className="input"
              value={name}
              placeholder={plan.data?.name ?? ""}
              maxLength={120}
              spellCheck={false}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
        </div>
        {suited ? (
          <PlanFacts plan={plan.data} error={plan.error} total={project.clip.frames} />
        ) : (
          <div className="notice warn export-facts">
            <CircleAlert size={15} />
            <strong>{what === "plate" ? "No object is set to Erase." : "No object is set to Cut out."}</strong>
            {other ? (
              <div className="notice-actions">
                <Button onClick={() => void changeObject(other.id, { action })}>
                  {what === "plate" ? "Erase" : "Cut out"} {other.name}
                </Button>
              </div>
            ) : (
              <span>Point at something first.</span>
            )}
          </div>
        )}
      </div>
    </Dialog>
  );
}

function SizeLine({ plan }: { plan: ExportPlan | undefined }) {
  if (!plan) return <span className="export-size" />;
  const tight = plan.bytes > plan.disk_free;
  return (
    <span className={`export-size number ${tight ? "bad" : ""}`}>
      about <strong>{bytes(plan.bytes)}</strong>
      {tight ? `, but only ${bytes(plan.disk_free)} are free` : ""}
    </span>
  );
}

function PlanFacts({
  plan,
  error,
  total,
}: {
  plan: ExportPlan | undefined;
  error: unknown;
  total: number;
}) {
  if (error) {
    const { message, remedy } = explain(error);
    return (
      <div className="notice bad export-facts" role="alert">
        <CircleAlert size={15} />
        <strong>{message}</strong>
        {remedy && <span>{remedy}</span>}
      </div>
    );
  }
  if (!plan) return <div className="export-facts" aria-busy />;
  return (
    <div className="export-facts">
      <dl className="number">
        <div><dt>File</dt><dd>{plan.name}</dd></div>
        <div><dt>Picture</dt><dd>{plan.width}×{plan.height}, {plan.label}</dd></div>
        <div><dt>Frames</dt><dd>{plan.frames < total ? `${plan.frames} of ${total}` : plan.frames}</dd></div>
      </dl>
      <h3>What is kept</h3>
      <ul>
        {plan.kept.map((fact) => (
          <li key={fact}><Check size={13} aria-label="kept:" className="good" /> {fact}</li>
        ))}
        {plan.lost.map((fact) => (
          <li key={fact}><Minus size={13} aria-label="lost:" className="warn" /> {fact}</li>
        ))}
      </ul>
    </div>
  );
}
