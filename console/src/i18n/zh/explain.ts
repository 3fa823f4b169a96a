import type { explain as en } from "../en/explain";

export const explain: Record<keyof typeof en, string> = {
  "explain.title": "为什么被拒绝？",
  "explain.text":
    "Docker 只会提示“denied”。在这里可以查询某个 Docker 用户能否拉取、推送或删除，以及原因。",
  "explain.user": "Docker 用户（留空表示未登录）",
  "explain.action": "操作",
  "explain.action.pull": "拉取",
  "explain.action.push": "推送",
  "explain.action.delete": "删除",
  "explain.submit": "查询",
  "explain.allowed": "允许",
  "explain.denied": "拒绝",
  "explain.toUser": "查看该 Docker 用户",
  "explain.toGrants": "查看授权",
  "explain.rule.public": "命名空间 {{namespace}} 是公开的。",
  "explain.rule.granted": "命名空间 {{namespace}} 中的授权允许此操作。",
  "explain.rule.no_grant": "{{user}} 在命名空间 {{namespace}} 中没有授权，请添加授权。",
  "explain.rule.weaker_grant":
    "{{user}} 在命名空间 {{namespace}} 中的授权不包含此操作，请修改授权。",
  "explain.rule.user_disabled": "{{user}} 或其所属账号已停用，请启用。",
  "explain.rule.user_unknown":
    "您的账号下没有名为 {{user}} 的 Docker 用户，命名空间 {{namespace}} 中也没有对它的授权。请检查名称或添加授权。",
  "explain.rule.anonymous": "尚未登录。请使用 docker login 以 Docker 用户的身份登录。",
  "explain.rule.name_reserved": "{{repository}} 正在删除或刚刚被删除，请等待名称释放后再试。",
  "denials.title": "最近的拒绝记录",
  "denials.text":
    "最近 7 天内，Docker 客户端在此命名空间中请求但未获得的权限。客户端只会提示“denied”。",
  "denials.empty": "没有被拒绝的请求",
  "denials.empty.text": "客户端在此被拒绝后，几秒内就会显示在这里。",
  "denials.who": "客户端",
  "denials.client.docker_user": "Docker 用户",
  "denials.client.other_account": "其他账号的 Docker 用户",
  "denials.client.anonymous": "未登录",
  "denials.rule": "原因",
  "denials.rule.anonymous": "客户端未登录，请使用 docker login 以 Docker 用户的身份登录。",
  "denials.rule.no_grant": "此命名空间中没有允许该操作的授权，请添加或修改授权。",
  "denials.rule.limited_token": "访问令牌的权限低于授权，请创建权限更高的令牌。",
  "denials.rule.name_reserved": "镜像仓库正在删除，或其名称仍被保留，请等待名称释放后再试。",
  "denials.occurrences": "次数",
  "denials.last": "最近一次",
};
