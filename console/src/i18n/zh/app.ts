import type { app as en } from "../en/app";

export const app: Record<keyof typeof en, string> = {
  "app.product": "Docker 镜像仓库",
  "app.menu": "菜单",
  "app.skip": "跳到正文",
  "app.language": "语言",
  "app.signOut": "退出登录",
  "app.signOutEverywhere": "在所有设备上退出",
  "app.signOutEverywhere.text": "结束此账号的所有会话，每个浏览器和设备都需要重新登录。",
  "app.account": "我的账号",
  "app.connectionLost": "与服务器的连接已断开，正在重新连接……",
  "app.apiDocs": "API 文档",

  "nav.repositories": "镜像仓库",
  "nav.namespaces": "命名空间",
  "nav.dockerUsers": "用户管理",
  "nav.firstSteps": "快速入门",
  "nav.activity": "操作记录",
  "nav.apiKeys": "API 密钥",
  "nav.accounts": "账号管理",
  "nav.pipeline": "仓库事件",
  "nav.administration": "系统管理",

  "notFound.title": "页面不存在",
  "notFound.text": "地址有误，对象已被删除，或者您没有查看权限。",
  "notFound.back": "前往镜像仓库",
  "nav.trash": "回收站",
  "nav.overview": "系统概览",
};
