import type { Key } from "../en";
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

/** Every text of the console in Chinese, by key. */
export const zh: Record<Key, string> = {
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
