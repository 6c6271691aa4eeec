/** The colours to choose from: told apart by people who see few colours, too.
 *
 * Okabe and Ito, "Color universal design", 2008; the server gives new objects these in turn. */
export const PALETTE = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#f0e442",
  "#0072b2",
  "#d55e00",
  "#cc79a7",
  "#ffffff",
];

export function rgb(hex: string): [number, number, number] {
  const value = parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function withAlpha(hex: string, alpha: number): string {
  return `rgb(${rgb(hex).join(" ")} / ${alpha})`;
}
