// A TypeScript client tells the events apart by their `type`: `make lint-api` compiles this.
import type { components } from "./gateway";
type Event = components["schemas"]["Event"];
export function told(event: Event): number | null {
  switch (event.type) {
    case "transaction.ended": {
      const reason: components["schemas"]["StopReason"] | null = event.data.stop_reason;
      return reason === "Local" ? event.data.energy_wh : event.data.total_cost;
    }
    case "meter_values.recorded":
      return event.data.meter_values[0].power_w;
    case "command.finished":
      return event.data.error ? event.data.error.code.length : null;
    default:
      return null;
  }
}
