import type { accounts as en } from "../en/accounts";

export const accounts: Record<keyof typeof en, string> = {
  "accounts.title": "账号管理",
  "accounts.account": "账号",
  "accounts.create": "创建账号",
  "accounts.search": "搜索名称",
  "accounts.namespaces": "查看命名空间",
  "accounts.all": "全部账号",
  "accounts.empty": "没有账号",
  "accounts.empty.text": "账号拥有命名空间、镜像仓库和 Docker 用户。",
  "accounts.role": "角色",
  "accounts.role.admin": "管理员",
  "accounts.role.admin.text": "可以查看和修改所有内容，并创建账号。",
  "accounts.role.member": "成员",
  "accounts.role.member.text": "可以管理账号拥有的内容。",
  "accounts.changeRole": "修改角色",
  "accounts.disable.title": "停用账号",
  "accounts.disable.text": "{{user}} 将无法再登录，其所有 Docker 用户也无法再拉取或推送。",
  "accounts.password": "设置密码",
  "accounts.password.text": "将结束 {{user}} 的所有会话，{{user}} 需要用新密码重新登录。",

  "account.title": "我的账号",
  "account.password": "修改密码",
  "account.password.text": "将结束您账号的所有会话，包括当前会话。之后请重新登录。",
  "account.currentPassword": "当前密码",
  "account.role": "角色",
  "account.sessions": "会话",
};
