import type { grants as en } from "../en/grants";

export const grants: Record<keyof typeof en, string> = {
  "grants.title": "授权",
  "grants.text": "授权允许 Docker 用户拉取、推送或删除此命名空间中的镜像。",
  "grants.add": "添加授权",
  "grants.change": "修改授权",
  "grants.changed": "修改时间",
  "grants.remove": "移除授权",
  "grants.remove.text": "{{user}} 将失去此授权所给予的访问权限。已签发的令牌会在几分钟内失效。",
  "grants.empty": "还没有授权",
  "grants.empty.text": "没有授权时，任何人都不能向此命名空间推送，包括您自己的 Docker 用户。",
  "grants.dockerUser": "Docker 用户",
  "grants.whose": "Docker 用户的所有者",
  "grants.whose.own": "我的账号",
  "grants.whose.other": "其他账号",
  "grants.otherAccount": "Docker 用户所属账号",
  "grants.otherAccount.text": "两个名称必须匹配，以免因输入错误而授权给陌生人。",
  "grants.pick": "选择 Docker 用户",
};
