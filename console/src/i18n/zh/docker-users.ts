import type { dockerUsers as en } from "../en/docker-users";

export const dockerUsers: Record<keyof typeof en, string> = {
  "dockerUsers.title": "用户管理",
  "dockerUsers.dockerUser": "Docker 用户",
  "dockerUsers.create": "创建 Docker 用户",
  "dockerUsers.search": "搜索名称和描述",
  "dockerUsers.empty": "还没有 Docker 用户",
  "dockerUsers.empty.text":
    "使用 docker login 以 Docker 用户的身份登录。建议为每个人或每台机器创建一个。",
  "dockerUsers.username": "用户名",
  "dockerUsers.status": "状态",
  "dockerUsers.active": "正常",
  "dockerUsers.disabled": "已停用",
  "dockerUsers.lastLogin": "最近登录",
  "dockerUsers.disable": "停用",
  "dockerUsers.disable.title": "停用 Docker 用户",
  "dockerUsers.disable.text":
    "{{user}} 将无法再登录、拉取或推送，使用访问令牌也不行。已签发的仓库令牌会在几分钟内失效。",
  "dockerUsers.enable": "启用",
  "dockerUsers.change.title": "修改 Docker 用户",
  "dockerUsers.changePassword": "修改密码",
  "dockerUsers.changePassword.text":
    "该 Docker 用户的所有登录会立即失效。访问令牌仍然有效，如有需要请单独撤销。",
  "dockerUsers.delete": "删除 Docker 用户",
  "dockerUsers.delete.text":
    "{{user}} 及其授权和令牌将被删除，此后任何人都无法再以 {{user}} 登录。",
  "dockerUsers.tokenLogin": "docker login 保存令牌而不是密码",
  "dockerUsers.tokenLogin.text":
    "在个人电脑上更安全。如果要用 config.json 创建 Kubernetes 拉取密钥，请保持关闭。",
  "dockerUsers.loginStores": "docker login 保存",
  "dockerUsers.loginStores.token": "令牌",
  "dockerUsers.loginStores.password": "密码",
  "dockerUsers.grants": "授权",
  "dockerUsers.grants.text":
    "其他账号可以将其命名空间授权给您的 Docker 用户。您可以隐藏不需要的授权，访问权限不受影响。",
  "dockerUsers.grants.inShared": "在“与我共享”中",
  "dockerUsers.grants.shown": "显示",
  "dockerUsers.grants.hidden": "已隐藏",
  "dockerUsers.grants.hide": "隐藏",
  "dockerUsers.grants.show": "取消隐藏",
  "dockerUsers.grants.empty": "没有授权",
  "dockerUsers.grants.empty.text": "请在命名空间页面中添加授权。从公开命名空间拉取无需授权。",
  "dockerUsers.commands": "登录命令",
  "dockerUsers.created": "Docker 用户已创建",
  "dockerUsers.passwordChanged": "密码已修改",
};
