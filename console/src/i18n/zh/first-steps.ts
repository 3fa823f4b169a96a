import type { firstSteps as en } from "../en/first-steps";

export const firstSteps: Record<keyof typeof en, string> = {
  "firstSteps.title": "快速入门",
  "firstSteps.text": "四步推送您的第一个镜像。",
  "firstSteps.namespace": "创建命名空间",
  "firstSteps.namespace.text": "命名空间是镜像名称的第一部分。",
  "firstSteps.dockerUser": "创建 Docker 用户",
  "firstSteps.dockerUser.text": "使用 docker login 以该用户的身份登录。",
  "firstSteps.grant": "允许推送",
  "firstSteps.grant.text": "授权决定 Docker 用户在命名空间中可以做什么。",
  "firstSteps.push": "推送镜像",
  "firstSteps.push.text": "在安装了 Docker 的机器上运行以下命令。",
  "firstSteps.pull": "获取一个用于推送的镜像，例如从 Docker Hub 拉取",
  "firstSteps.import": "或者不使用 Docker Hub，用本地文件制作镜像，代替以上两步（Linux、macOS）",
  "firstSteps.done": "已完成",
  "firstSteps.finished": "您的第一个镜像已推送成功。",
  "firstSteps.toRepositories": "查看我的镜像仓库",
  "firstSteps.waiting": "镜像推送成功后，此页面会自动更新。",
};
