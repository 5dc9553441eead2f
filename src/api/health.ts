/** Whether the server can work. */
import { z } from "zod";

export const healthSchema = z
  .object({
    status: z.enum(["healthy", "unhealthy"]),
    voice_manager_ready: z.boolean(),
    async_synthesis_ready: z.boolean(),
  })
  .meta({ id: "Health" });

export const readySchema = z
  .object({ ready: z.boolean(), reason: z.string().optional() })
  .meta({ id: "Ready" });
