import type { storage as en } from "../en/storage";

export const storage: Record<keyof typeof en, string> = {
  "storage.title": "存储空间",
  "storage.text": "同一账号内，无论多少镜像使用，每个镜像层只计算一次。",
  "storage.used": "已用空间",
  "storage.quota": "存储配额",
  "storage.free": "剩余空间",
  "storage.trash": "回收站占用",
  "storage.none": "不限配额",
  "storage.none.text": "账号可使用的空间仅受磁盘容量限制。",
  "storage.limit": "限制配额",
  "storage.limit.text": "超出配额的推送会被拒绝，拉取不受影响。",
  "storage.amount": "配额大小",
  "storage.amount.wrong": "请输入不小于 0 的数字，例如 10 或 1.5",
  "storage.unit": "单位",
  "storage.setQuota": "设置配额",
  "storage.usedNow": "当前已用 {{used}}，其中回收站占用 {{trash}}。",
  "storage.ofQuota": "已用 {{used}} / {{quota}}（{{percent}}%）",
  "storage.withoutQuota": "已用 {{used}}，不限配额",
  "storage.warning": "存储配额已使用超过 80%。",
  "storage.critical": "存储配额即将用尽。请删除镜像，或联系管理员提升配额。",
  "storage.exceeded":
    "存储配额已用尽，推送会被拒绝。请删除镜像、清空回收站，或联系管理员提升配额。",
  "storage.view": "查看存储空间",
  "storage.namespaces": "查看各命名空间的大小",
  "storage.deduplicated": "占用存储空间",
  "storage.deduplicated.text": "每层只计一次",
};
