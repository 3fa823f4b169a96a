import type { apiKeys as en } from "../en/api-keys";

export const apiKeys: Record<keyof typeof en, string> = {
  "apiKeys.title": "API 密钥",
  "apiKeys.text": "程序使用 API 密钥代替密码来调用 JSON API。",
  "apiKeys.create": "创建 API 密钥",
  "apiKeys.show": "查看 API 密钥",
  "apiKeys.empty": "还没有 API 密钥",
  "apiKeys.empty.text": "建议为每个管理命名空间、授权或仓库的程序创建一个。",
  "apiKeys.read": "只读",
  "apiKeys.read.text": "可以查看账号拥有的全部内容，不能更改。",
  "apiKeys.write": "读写",
  "apiKeys.write.text": "可以更改除 API 密钥、访问令牌、密码、Docker 用户和账号以外的所有内容。",
  "apiKeys.revoke": "撤销 API 密钥",
  "apiKeys.revoke.text": "使用“{{name}}”的程序将无法再调用 API。",
  "apiKeys.created": "您的 API 密钥",
  "apiKeys.secret": "API 密钥",
  "apiKeys.tryIt": "试一试",
};
