import type { namespaces as en } from "../en/namespaces";

export const namespaces: Record<keyof typeof en, string> = {
  "namespaces.title": "命名空间",
  "namespaces.namespace": "命名空间",
  "namespaces.create": "创建命名空间",
  "namespaces.change": "修改命名空间",
  "namespaces.search": "搜索名称和描述",
  "namespaces.empty": "还没有命名空间",
  "namespaces.empty.text": "镜像名称的第一部分。您可以为每个命名空间设置谁能拉取和推送。",
  "namespaces.repositories": "仓库数",
  "namespaces.delete": "删除命名空间",
  "namespaces.delete.text": "该命名空间及其授权将被永久删除。",
  "namespaces.delete.cascade": "其中的 {{count}} 个仓库（共 {{size}}）及其所有镜像也会一并删除。",
  "namespaces.makePublic.text": "所有已登录的 Docker 用户都将可以从该命名空间拉取。",
  "namespaces.deleting": "该命名空间及其全部内容正在删除，不久后会自动消失。",
  "namespaces.ofOtherAccount": "该命名空间属于其他账号。列表中是您可以拉取的仓库。",
};
