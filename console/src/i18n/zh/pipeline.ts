import type { pipeline as en } from "../en/pipeline";

export const pipeline: Record<keyof typeof en, string> = {
  "pipeline.title": "仓库事件",
  "pipeline.text": "镜像仓库会为每次推送、下载和删除发送一个事件，Moorage 对这些事件进行统计。",
  "pipeline.pending": "等待中",
  "pipeline.longestWait": "最长等待时间",
  "pipeline.last": "最近一次事件",
  "pipeline.deadLetters": "未处理",
  "pipeline.allCounted": "所有事件都已计入统计。",
  "pipeline.someWaiting": "部分事件正在等待计入统计。",
  "pipeline.someDeadLettered": "部分事件无法处理，请查看下方列表。",
  "pipeline.deadLetters.title": "无法处理的事件",
  "pipeline.deadLetters.text": "这些事件不计入统计，也不会延迟其他事件。升级 Moorage 后可以重试。",
  "pipeline.received": "收到时间",
  "pipeline.reason": "原因",
  "pipeline.size": "大小",
  "pipeline.content": "内容",
  "pipeline.replay": "重试",
  "pipeline.noDeadLetters": "没有未处理的事件",
  "pipeline.noDeadLetters.text": "所有事件都已处理。",
};
