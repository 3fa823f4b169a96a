import type { signIn as en } from "../en/sign-in";

export const signIn: Record<keyof typeof en, string> = {
  "signIn.title": "登录",
  "signIn.text": "管理您的镜像、命名空间和 Docker 用户。",
  "signIn.username": "账号名",
  "signIn.submit": "登录",
  "signIn.ended": "会话已结束。重新登录后会返回刚才的页面。",
};
