/** The colours that objects are given in turn: told apart by people who see few colours, too. */
export const PALETTE = [
  "#ff6b4a",
  "#4aa8ff",
  "#ffc53d",
  "#3fd68f",
  "#c084fc",
  "#ff7ac0",
  "#22d3ee",
  "#b8d830",
];

export function rgb(hex: string): [number, number, number] {
  const value = parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function withAlpha(hex: string, alpha: number): string {
  return `rgb(${rgb(hex).join(" ")} / ${alpha})`;
}
