import { accounts } from "./accounts";
import { activity } from "./activity";
import { apiKeys } from "./api-keys";
import { app } from "./app";
import { common } from "./common";
import { dockerUsers } from "./docker-users";
import { errors } from "./errors";
import { firstSteps } from "./first-steps";
import { grants } from "./grants";
import { images } from "./images";
import { namespaces } from "./namespaces";
import { pipeline } from "./pipeline";
import { repositories } from "./repositories";
import { rules } from "./rules";
import { signIn } from "./sign-in";
import { storage } from "./storage";
import { trash } from "./trash";
import { collection } from "./collection";
import { explain } from "./explain";
import { tokens } from "./tokens";

/**
 * Every text of the console in English, by key. `zh/` has the same files with the same keys. A key
 * starts with the name of its page or, in `common`, `app`, and `errors`, with the kind of text.
 */
export const en = {
  ...accounts,
  ...activity,
  ...apiKeys,
  ...app,
  ...common,
  ...dockerUsers,
  ...errors,
  ...firstSteps,
  ...grants,
  ...images,
  ...namespaces,
  ...pipeline,
  ...repositories,
  ...rules,
  ...signIn,
  ...storage,
  ...trash,
  ...collection,
  ...explain,
  ...tokens,
};

export type Key = keyof typeof en;
