/** The administrator's list of accounts, and the page of one's own account. */
export const accounts = {
  "accounts.title": "Accounts",
  "accounts.account": "Account",
  "accounts.create": "Create account",
  "accounts.search": "Search names",
  "accounts.namespaces": "Show namespaces",
  "accounts.all": "All accounts",
  "accounts.empty": "No accounts",
  "accounts.empty.text": "An account owns namespaces, repositories, and Docker users.",
  "accounts.role": "Role",
  "accounts.role.admin": "Administrator",
  "accounts.role.admin.text": "Can view and change everything, and create accounts.",
  "accounts.role.member": "Member",
  "accounts.role.member.text": "Can manage what the account owns.",
  "accounts.changeRole": "Change role",
  "accounts.disable.title": "Disable account",
  "accounts.disable.text":
    "{{user}} can no longer sign in, and its Docker users can no longer pull or push.",
  "accounts.password": "Set password",
  "accounts.password.text":
    "This ends every session of {{user}}. To sign in again, {{user}} must use the new password.",

  "account.title": "My account",
  "account.password": "Change password",
  "account.password.text": "This ends every other session of your account.",
  "account.currentPassword": "Current password",
  "account.role": "Role",
  "account.sessions": "Sessions",
  "accounts.created": "Account created",
  "accounts.passwordSet": "Password set",
  "accounts.console": "Address of the console",
  "account.passwordChanged": "Password changed",
};
