import type { signIn as en } from "../en/sign-in";

export const signIn: Record<keyof typeof en, string> = {
  "signIn.title": "登录",
  "signIn.text": "管理您的镜像、命名空间和 Docker 用户。",
  "signIn.username": "账号名",
  "signIn.submit": "登录",
  "signIn.plainHttp": "当前连接未加密，网络中的其他人可能读取您的密码。请使用 HTTPS。",
  "signIn.forgotten": "忘记密码？",
  "signIn.askAdministrator": "管理员可以在“账号”页面为您设置新密码。",
  "signIn.administrator":
    "如果没有管理员能够登录，请在服务器上运行以下命令。容器环境中的写法见运维手册：",
  "signIn.dockerUser": "Docker 用户不能在此登录，只能用于 docker login。",
  "signIn.ended": "会话已结束。重新登录后会返回刚才的页面。",
};
