/** Tasks as the API shows them. */
import type { DubResultBody } from "../../api/dub.ts";
import type { SpeechResultBody, Submitted } from "../../api/synthesis.ts";
import type { TaskStatusBody } from "../../api/tasks.ts";
import { dubbedSchema } from "../dub/job.ts";
import { spokenSchema } from "../speech/job.ts";
import type { ListedTask, Task } from "../tasks/contract.ts";

const prefix = "/api/v1";
const seconds = (ms: number): number => ms / 1000;

export function statusUrl(id: string): string {
  return `${prefix}/async/tasks/${id}/status`;
}

export function resultUrl(id: string): string {
  return `${prefix}/async/tasks/${id}/result`;
}

export function fileUrl(name: string): string {
  return `${prefix}/audio/${name}`;
}

export function presentSubmission(id: string): Submitted {
  return {
    ...{ task_id: id, status: "submitted", message: "The task was accepted." },
    ...{ check_status_url: statusUrl(id), result_url: resultUrl(id) },
  };
}

export function presentTask(task: ListedTask): Omit<TaskStatusBody, "error"> {
  const { id, status, progress, createdAt, startedAt, completedAt } = task;
  return {
    ...{ task_id: id, status, progress, created_at: seconds(createdAt) },
    started_at: startedAt === undefined ? null : seconds(startedAt),
    completed_at: completedAt === undefined ? null : seconds(completedAt),
  };
}

export function presentStatus(task: Task): TaskStatusBody {
  return {
    ...presentTask(task),
    ...(task.error && { error: task.error.message, error_code: task.error.code }),
    ...(task.isCancelled && { cancelled: true }),
    ...(task.status === "completed" && { result_available: true, result_url: resultUrl(task.id) }),
  };
}

/** Of a completed task. */
export function presentResult({ kind, result }: Task): SpeechResultBody | DubResultBody {
  return kind === "dub" ? presentDub(result) : presentSpeech(result);
}

function presentSpeech(result: unknown): SpeechResultBody {
  const { file, format, duration, sampleRate, bytes, sha256, synthesisTime, warnings } =
    spokenSchema.parse(result);
  return {
    ...{ success: true, message: "The text was spoken.", audio_url: fileUrl(file) },
    ...{ duration, format, synthesis_time: synthesisTime, sample_rate: sampleRate },
    ...{ bytes, sha256, warnings },
  };
}

function presentDub(result: unknown): DubResultBody {
  const { video, audio, subtitles, report, warnings } = dubbedSchema.parse(result);
  return {
    ...{ success: true, message: "The video was dubbed." },
    video_url: video === undefined ? null : fileUrl(video),
    ...{ audio_url: fileUrl(audio), subtitles_url: fileUrl(subtitles), report, warnings },
  };
}
