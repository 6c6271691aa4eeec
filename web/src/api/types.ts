/** The server's shapes, by the names that the editor uses. All come from its own description. */
import type { Readable } from "openapi-typescript-helpers";
import type { components } from "./schema";

// As the client gives them: it does not keep the lengths of tuples.
type Shapes = Readable<components["schemas"]>;

export type Session = Shapes["Session"];
export type Network = Shapes["Network"];
export type NetworkNeeded = Shapes["NetworkNeeded"];
export type ProjectSummary = Shapes["ProjectSummary"];
export type Project = Shapes["Project"];
export type ClipFacts = Shapes["ClipFacts"];
export type ClipObject = Shapes["Object"];
export type ObjectChange = Shapes["ObjectChange"];
export type Edge = Shapes["Edge"];
export type Key = Shapes["Key"];
export type Prompts = Required<Shapes["Prompts"]>;
export type Point = Required<Shapes["Point"]>;
export type Stroke = Required<Shapes["Stroke"]>;
export type Settings = Shapes["Settings"];
export type ProjectChange = Shapes["ProjectChange"];
export type ExportFormat = Shapes["ExportFormat"];
export type RLE = Shapes["RLE"];
export type ObjectMask = Shapes["ObjectMask"];
export type FrameMasks = Shapes["FrameMasks"];
export type Answer = Shapes["Answer"];
export type Confidence = Shapes["Confidence"];
export type Found = Shapes["Found"];
export type Job = Shapes["Job"];
export type NewExport = Shapes["NewExport"];
export type ExportPlan = Shapes["ExportPlan"];
export type Upload = Shapes["Upload"];
export type Action = ClipObject["action"];

export type ServerEvent =
  | Shapes["ProjectChanged"]
  | Shapes["JobChanged"]
  | Shapes["MasksKnown"]
  | Shapes["PreviewReady"]
  | Shapes["ShotsFound"]
  | Shapes["Reset"];
